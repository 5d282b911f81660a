-- Keeps what the server says of itself, for a status line. What a person must act on the server says itself, once, in a message.

local M = {}

---@class kireji.Status
---@field state 'starting'|'ready'|'paused'|'snoozed'|'limited'
---@field reason string
---@field provider string
---@field model string
---@field spentToday number?
---@field dailyCap number
---@field secondsLeft integer?

---@type kireji.Status?
M.now = nil

---@param status kireji.Status
function M.told(status)
  M.now = status
  vim.api.nvim_exec_autocmds('User', { pattern = 'KirejiStatus', modeline = false })
  vim.cmd.redrawstatus()
end

function M.ended()
  M.now = nil
  vim.schedule(function() vim.cmd.redrawstatus() end)
end

---@return string
function M.line()
  if not M.now then
    return ''
  end
  local spent = type(M.now.spentToday) == 'number' and (' $%.2f'):format(M.now.spentToday) or ''
  return ('切 %s%s'):format(M.now.state, spent)
end

return M
