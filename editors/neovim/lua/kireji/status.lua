-- Keeps what the server says of itself, for a status line, and tells a person once what they have to do something about. What
-- caps give rise to the server tells itself, once for all editors.

local M = {}

---@class kireji.Status
---@field state 'starting'|'ready'|'paused'|'snoozed'|'limited'
---@field reason string
---@field provider string
---@field model string
---@field spentToday number?
---@field dailyCap number
---@field secondsLeft integer?
---@field cause string

-- What was told last of all, by a server that still runs.
---@type kireji.Status?
M.now = nil
-- What each server has told last, by its client's number; false once it has ended.
local states = {} ---@type table<integer, kireji.Status|false>

local ADVICE = {
  key_refused = 'the model service refused the key. `kireji key set`, in a terminal, keeps another; nothing has to be started again',
  misconfigured = 'the model service refused the address, the model or the request. `kireji doctor`, in a terminal, says where each setting comes from',
}
local KEYLESS = 'no key is set, so the local engine answers, from your own files. `kireji key set`, in a terminal, keeps one'

-- What was told last, until it is over.
local last = nil

--- What a person has to do something about.
---@param status kireji.Status
---@return string?
local function advice(status)
  if status.state == 'ready' and status.provider == 'local' then
    -- Some people want it so: once in a lifetime is enough.
    local mark = vim.fs.joinpath(vim.fn.stdpath('state'), 'kireji-keyless-told')
    if vim.uv.fs_stat(mark) then
      return nil
    end
    vim.fn.mkdir(vim.fn.stdpath('state'), 'p')
    vim.fn.writefile({}, mark)
    return KEYLESS
  end
  return ADVICE[status.cause]
end

---@param status kireji.Status
---@param client integer
function M.told(status, client)
  -- What it said last may be heard after its end.
  if states[client] == false then
    return
  end
  states[client], M.now = status, status
  local found = advice(status)
  if found and found ~= last then
    vim.notify('Kireji: ' .. found, found == KEYLESS and vim.log.levels.INFO or vim.log.levels.WARN)
  end
  last = found
  vim.api.nvim_exec_autocmds('User', { pattern = 'KirejiStatus', modeline = false })
  vim.cmd.redrawstatus()
end

---@param client integer
function M.ended(client)
  states[client], M.now = false, nil
  for _, status in pairs(states) do
    M.now = M.now or status or nil
  end
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
