-- The part of the test's driver that runs inside Neovim: answers on stdout the questions that come on stdin, a JSON object
-- a line each way. Knows nothing of the server; types nothing by itself. Ends Neovim when stdin ends.

local driver = {}
local RETRY_MS = 20

-- Requests for suggestions: the changedtick of the text each open one was asked about, and the newest one answered.
local asked = {}
local answered = 0
vim.api.nvim_create_autocmd('LspRequest', {
  callback = function(event)
    local request, id = event.data.request, event.data.request_id
    if request.method ~= 'textDocument/inlineCompletion' then
      return
    elseif request.type == 'pending' then
      asked[id] = vim.api.nvim_buf_get_changedtick(event.buf)
    elseif request.type == 'complete' then
      -- The reply's own handler is next in the queue: only what is scheduled from here runs after it.
      vim.schedule(function()
        answered = math.max(answered, asked[id])
        asked[id] = nil
      end)
    end
  end,
})

--- True when the text as it is now has had its answer, that answer has been handled, and no other is on its way.
function _G.settled()
  return answered == vim.b.changedtick and next(asked) == nil
end

local function drawn_text(mark)
  local rows = { mark.virt_text or {} }
  vim.list_extend(rows, mark.virt_lines or {})
  local lines = vim.tbl_map(function(chunks)
    return table.concat(vim.tbl_map(function(chunk) return chunk[1] end, chunks))
  end, rows)
  return table.concat(lines, '\n')
end

--- Every suggestion that was ever drawn, also one that was taken away at once.
_G.drawn = {}
-- Neovim's own, and the plugin's where Neovim has none.
local spaces = {
  vim.api.nvim_create_namespace('nvim.lsp.inline_completion'),
  vim.api.nvim_create_namespace('kireji.ghost'),
}
local set_extmark = vim.api.nvim_buf_set_extmark
vim.api.nvim_buf_set_extmark = function(buffer, namespace, line, column, mark)
  if vim.tbl_contains(spaces, namespace) then
    _G.drawn[#_G.drawn + 1] = drawn_text(mark)
  end
  return set_extmark(buffer, namespace, line, column, mark)
end

--- What is drawn now and not in the buffer: `{ line, column, text }` (0-based, bytes), or nil.
function _G.ghost()
  for _, space in ipairs(spaces) do
    local mark = vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })[1]
    if mark then
      return { mark[2], mark[3], drawn_text(mark[4]) }
    end
  end
end

--- Every message that a person was shown.
_G.messages = {}
vim.notify = function(text) _G.messages[#_G.messages + 1] = text end
vim.lsp.handlers['window/showMessage'] = function(_, shown) vim.notify(shown.message) end

-- A key that nobody has: when it is reached, the keys before it have done their work.
_G.typed = 0
vim.keymap.set({ 'n', 'i' }, '<F36>', function() _G.typed = _G.typed + 1 end)

--- Types keys into the next prompt that waits for an answer: nothing else runs meanwhile but what may run at any time.
function _G.answer_prompt(keys)
  local timer = assert(vim.uv.new_timer())
  timer:start(RETRY_MS, RETRY_MS, function()
    if vim.api.nvim_get_mode().blocking then
      timer:close()
      vim.api.nvim_input(keys)
    end
  end)
end

--- Runs a question's code. One that asks to wait is run again until its value is true; the main loop goes on in between.
function driver.answer(question)
  local chunk, problem = load(question.code)
  local ok, value = false, problem
  if chunk then
    ok, value = pcall(chunk, unpack(question.args))
  end
  if ok and question.wait and not value then
    return vim.defer_fn(function() driver.answer(question) end, RETRY_MS)
  end
  driver.say(ok and { id = question.id, value = value } or { id = question.id, error = tostring(value) })
end

function driver.say(reply)
  vim.fn.chansend(driver.channel, vim.json.encode(reply) .. '\n')
end

local rest = ''
driver.channel = vim.fn.stdioopen({
  on_stdin = function(_, pieces)
    if #pieces == 1 and pieces[1] == '' then
      vim.cmd.qall({ bang = true })
    end
    pieces[1] = rest .. pieces[1]
    rest = table.remove(pieces)
    for _, line in ipairs(pieces) do
      driver.answer(vim.json.decode(line))
    end
  end,
})
