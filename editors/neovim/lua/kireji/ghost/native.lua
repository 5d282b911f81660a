-- Suggestions drawn by Neovim itself (0.12 and newer). Adds what it lacks: the next word, the next line, dismissing.

local M = {}

local part = require('kireji.ghost.part')

local SPACE = vim.api.nvim_create_namespace('nvim.lsp.inline_completion')

function M.enable() vim.lsp.inline_completion.enable() end

function M.visible() return #vim.api.nvim_buf_get_extmarks(0, SPACE, 0, -1, { limit = 1 }) > 0 end

---@param wanted 'all'|'word'|'line'
---@return boolean
function M.accept(wanted)
  if not M.visible() then
    return false
  end
  if wanted == 'all' then
    return vim.lsp.inline_completion.get()
  end
  return vim.lsp.inline_completion.get({
    on_accept = function(item)
      local start_row, start_column, end_row, end_column = item.range:to_extmark()
      local rest, place = part.rest({ start_row, start_column, end_row, end_column }, item.insert_text)
      if rest and place then
        part.put(0, place, part.first(rest, wanted))
        require('kireji.server').command(item.command.command, part.counted(item.command, wanted))
      end
      return nil
    end,
  })
end

---@return boolean
function M.next()
  if not M.visible() then
    return false
  end
  vim.lsp.inline_completion.select()
  return true
end

---@return boolean
function M.dismiss()
  if not M.visible() then
    return false
  end
  -- Taken and thrown away: it is gone until something is typed.
  return vim.lsp.inline_completion.get({
    on_accept = function(item)
      require('kireji.server').command('kireji.dismiss', { item.command.arguments[1] })
      return nil
    end,
  })
end

return M
