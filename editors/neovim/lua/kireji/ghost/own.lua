-- Suggestions drawn by ourselves, as grey text behind the cursor, where Neovim does not do it (0.10 and 0.11).
-- One at a time, in the window that has the cursor. Decides nothing about what is worth showing: the server does.

local M = {}

local columns = require('kireji.ghost.columns')
local part = require('kireji.ghost.part')

local METHOD = 'textDocument/inlineCompletion'
local SPACE = vim.api.nvim_create_namespace('kireji.ghost')
-- The server waits by itself until typing pauses; this only keeps a burst of keys from being a burst of messages.
local PAUSE_MS = 60

---@class kireji.Shown
---@field buffer integer
---@field items { text: string, range: integer[], command: table }[]
---@field index integer

---@type kireji.Shown?
local shown = nil
-- The one question that is on its way.
local asked = nil ---@type { client: vim.lsp.Client, id: integer }?
local timer = assert(vim.uv.new_timer())

local function current() return shown and shown.items[shown.index] end

local function hide()
  if shown and vim.api.nvim_buf_is_valid(shown.buffer) then
    vim.api.nvim_buf_clear_namespace(shown.buffer, SPACE, 0, -1)
  end
end

local function forget()
  hide()
  shown = nil
end

local function take_back()
  timer:stop()
  if asked then
    require('kireji.server').cancel(asked.client, asked.id)
    asked = nil
  end
end

--- Draws what is left of the suggestion at the cursor; forgets it where something else was typed.
local function draw()
  hide()
  local item = current()
  if not item or not shown or shown.buffer ~= vim.api.nvim_get_current_buf() then
    return forget()
  end
  local rest, place = part.rest(item.range, item.text)
  if not rest or not place then
    return forget()
  end
  local lines = vim.split(rest, '\n', { plain = true })
  local below = {}
  for index = 2, #lines do
    below[#below + 1] = { { lines[index], 'KirejiGhost' } }
  end
  vim.api.nvim_buf_set_extmark(shown.buffer, SPACE, place[1], place[2], {
    virt_text = { { lines[1], 'KirejiGhost' } },
    virt_text_pos = 'inline',
    virt_lines = #below > 0 and below or nil,
    hl_mode = 'combine',
  })
end

local function answer(client, buffer, tick, result)
  local late = buffer ~= vim.api.nvim_get_current_buf() or tick ~= vim.api.nvim_buf_get_changedtick(buffer)
  if late or not result or not vim.startswith(vim.api.nvim_get_mode().mode, 'i') then
    return
  end
  forget()
  local items = {}
  for _, item in ipairs(result.items or result) do
    local row, column = columns.bytes(buffer, item.range.start, client.offset_encoding)
    local end_row, end_column = columns.bytes(buffer, item.range['end'], client.offset_encoding)
    items[#items + 1] = { text = item.insertText, range = { row, column, end_row, end_column }, command = item.command }
  end
  if #items > 0 then
    shown = { buffer = buffer, items = items, index = 1 }
    draw()
  end
end

local function ask()
  local buffer = vim.api.nvim_get_current_buf()
  local client = vim.lsp.get_clients({ name = 'kireji', bufnr = buffer })[1]
  if not client or not vim.startswith(vim.api.nvim_get_mode().mode, 'i') then
    return
  end
  local tick = vim.api.nvim_buf_get_changedtick(buffer)
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = 2 }
  take_back()
  local question = { client = client }
  local sent, id = require('kireji.server').request(client, METHOD, params, function(problem, result)
    -- The answer may have been on its way when its question was taken back: then another is on its way by now.
    if asked == question then
      asked = nil
    end
    answer(client, buffer, tick, not problem and result or nil)
  end, buffer)
  question.id = id
  asked = sent and id and question or nil
end

local function typed()
  draw()
  timer:stop()
  timer:start(PAUSE_MS, 0, vim.schedule_wrap(ask))
end

function M.enable()
  vim.api.nvim_set_hl(0, 'KirejiGhost', { link = 'Comment', default = true })
  local group = vim.api.nvim_create_augroup('kireji.ghost', { clear = true })
  vim.api.nvim_create_autocmd({ 'InsertEnter', 'CursorMovedI', 'TextChangedP' }, {
    group = group,
    callback = function(event)
      if vim.lsp.get_clients({ name = 'kireji', bufnr = event.buf })[1] then
        typed()
      end
    end,
  })
  vim.api.nvim_create_autocmd({ 'InsertLeave', 'BufLeave' }, {
    group = group,
    callback = function()
      take_back()
      forget()
    end,
  })
end

function M.visible() return current() ~= nil end

---@param wanted 'all'|'word'|'line'
---@return boolean
function M.accept(wanted)
  local item = current()
  local rest, place = nil, nil
  if item then
    rest, place = part.rest(item.range, item.text)
  end
  if not item or not rest or not place then
    return false
  end
  take_back()
  forget()
  if wanted == 'all' then
    -- What the answer replaces behind the cursor has moved with what was typed.
    local moved = item.range[3] == place[1] and place[2] - item.range[2] or 0
    part.put(0, { place[1], place[2], item.range[3], item.range[4] + moved }, rest)
  else
    part.put(0, place, part.first(rest, wanted))
  end
  require('kireji.server').command(item.command.command, part.counted(item.command, wanted))
  return true
end

---@return boolean
function M.next()
  if not shown then
    return false
  end
  shown.index = shown.index % #shown.items + 1
  draw()
  return true
end

---@return boolean
function M.dismiss()
  local item = current()
  if not item then
    return false
  end
  take_back()
  forget()
  require('kireji.server').command('kireji.dismiss', { item.command.arguments[1] })
  return true
end

return M
