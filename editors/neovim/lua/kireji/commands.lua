-- What `:Kireji` can do: one row of the table each. A row that needs a command of the server is offered where it has that.

local M = {}

local server = require('kireji.server')
local told = require('kireji.told')

---@class kireji.Row
---@field command? string the server's command that it needs
---@field run fun(arguments: string[], range: integer[]?) with the lines that were chosen, the first and the last

---@type table<string, kireji.Row>
M.table = {
  pause = { command = 'kireji.pause', run = function() server.command('kireji.pause', {}) end },
  resume = { command = 'kireji.resume', run = function() server.command('kireji.resume', {}) end },
  snooze = {
    command = 'kireji.snooze',
    run = function(arguments) server.command('kireji.snooze', { tonumber(arguments[1]) or 30 }) end,
  },
  status = {
    command = 'kireji.status',
    run = function()
      server.command('kireji.status', {}, function(status) vim.notify(told.status(status)) end)
    end,
  },
  explain = {
    command = 'kireji.explain',
    run = function(arguments)
      server.command('kireji.explain', { tonumber(arguments[1]) or 1 }, function(answers)
        told.show('kireji://explain', told.explanation(answers))
      end)
    end,
  },
  edit = { command = 'kireji.edit', run = function(arguments, range) M.edit(table.concat(arguments, ' '), range) end },
  plan = { command = 'kireji.plan', run = function(arguments) M.plan(table.concat(arguments, ' ')) end },
  prompt = { command = 'kireji.prompt', run = function() M.prompt() end },
  accept = { run = function() require('kireji').does.accept() end },
  dismiss = { run = function() require('kireji').does.dismiss() end },
  health = { run = function() vim.cmd.checkhealth('kireji') end },
  restart = { run = function() M.restart() end },
}

--- Hands a person's words to `use`; asks for them where there are none, and may return before they have come.
---@param words string
---@param prompt string
---@param use fun(words: string)
local function said(words, prompt, use)
  if words ~= '' then
    return use(words)
  end
  vim.ui.input({ prompt = prompt }, function(answer)
    if answer and answer ~= '' then
      use(answer)
    end
  end)
end

--- Has the chosen lines, or what is around the cursor, changed as a person says; asks for the words where there are none.
---@param words string
---@param range integer[]?
function M.edit(words, range)
  local uri, client = vim.uri_from_bufnr(0), server.client(0)
  local line = vim.api.nvim_win_get_cursor(0)[1] - 1
  local where = { start = { line = line, character = 0 }, ['end'] = { line = line, character = 0 } }
  if range then
    where = { start = { line = range[1] - 1, character = 0 }, ['end'] = { line = range[2], character = 0 } }
  end
  said(words, 'Edit as you say: ', function(instruction)
    server.command('kireji.edit', { { uri = uri, range = where, instruction = instruction } }, nil, client)
  end)
end

--- Has a change over several files planned as a person says, and shows the plan; a key below it has it carried out.
---@param words string
function M.plan(words)
  local uri, asked = vim.uri_from_bufnr(0), server.client(0)
  said(words, 'Change several files: ', function(instruction)
    vim.notify('Kireji: planning …')
    server.command('kireji.plan', { { uri = uri, instruction = instruction, draft = true } }, M.planned, asked)
  end)
end

--- Shows a plan, or says why there is none.
---@param plan table
---@param client vim.lsp.Client whose it is
function M.planned(plan, client)
  if plan.reason then
    return vim.notify('Kireji: no plan: ' .. plan.reason, vim.log.levels.WARN)
  end
  local buffer = told.show('kireji://plan', told.plan(plan))
  vim.keymap.set('n', '<CR>', function()
    vim.cmd.close()
    vim.notify('Kireji: carrying it out …')
    server.command('kireji.plan', { { run = plan.id } }, M.carried_out, client)
  end, { buffer = buffer, desc = 'Carry out' })
end

--- Why a plan came to nothing, and what to say of its change in a commit, the server has said by itself.
---@param result { applied: boolean }
function M.carried_out(result)
  if result.applied then
    vim.notify('Kireji: the change is made; :wall saves it')
  end
end

--- Shows what would be sent about the place of the cursor.
function M.prompt()
  local client = server.client(0)
  local position = client and vim.lsp.util.make_position_params(0, client.offset_encoding).position
  server.command('kireji.prompt', { { uri = vim.uri_from_bufnr(0), position = position } }, function(text)
    told.show('kireji://prompt', vim.split(type(text) == 'string' and text or 'Kireji does not know this file.', '\n'))
  end)
end

---@param words string[]
---@param range? integer[]
function M.run(words, range)
  local row = M.table[words[1]]
  if not row then
    return vim.notify(('Kireji: there is no :Kireji %s; there is %s'):format(words[1], table.concat(M.names(), ', ')), vim.log.levels.ERROR)
  end
  row.run(vim.list_slice(words, 2), range)
end

--- The rows that can be run now.
---@return string[]
function M.names()
  local client = server.client(0)
  local provider = client and client.server_capabilities.executeCommandProvider
  local names = vim.tbl_filter(function(name)
    local command = M.table[name].command
    return not command or (provider ~= nil and vim.tbl_contains(provider.commands, command))
  end, vim.tbl_keys(M.table))
  table.sort(names)
  return names
end

---@param begun string
---@param line string
---@return string[]
function M.complete(begun, line)
  if #vim.split(line, '%s+') > 2 then
    return {}
  end
  return vim.tbl_filter(function(name) return vim.startswith(name, begun) end, M.names())
end

--- Has what is open served as if it were opened now.
local function start()
  server.enable(require('kireji').config)
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.bo[buffer].filetype ~= '' then
      vim.api.nvim_exec_autocmds('FileType', { buffer = buffer, group = 'kireji.server' })
    end
  end
end

--- Ends the server, if one runs, and starts it anew for what is open: for a new key or new settings in its own file.
function M.restart()
  local ending = false
  for _, client in ipairs(vim.lsp.get_clients({ name = 'kireji' })) do
    ending = ending or next(client.attached_buffers) ~= nil
    if vim.fn.has('nvim-0.11') == 1 then client:stop(true) else client.stop(true) end
  end
  local group = vim.api.nvim_create_augroup('kireji.restart', { clear = true })
  if not ending then
    -- One that has crashed leaves its buffers no more: nothing would be heard of it.
    return start()
  end
  local function runs(client) return not server.stopped(client) end
  local started = false
  vim.api.nvim_create_autocmd('LspDetach', {
    group = group,
    callback = vim.schedule_wrap(function()
      -- It is heard for each buffer; and one that has ended is still listed for a while.
      if not started and not vim.iter(vim.lsp.get_clients({ name = 'kireji' })):any(runs) then
        started = true
        vim.api.nvim_del_augroup_by_id(group)
        start()
      end
    end),
  })
end

return M
