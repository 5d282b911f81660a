-- Types a key as if we had never mapped it. Knows nothing of suggestions.

local M = {}

--- Runs what a key was mapped to, or types it where it was not mapped.
---@param key string
---@param before table what maparg() said of the key
function M.as_before(key, before)
  local keys, mode = key, 'in'
  if before.callback then
    local told = before.callback()
    if before.expr ~= 1 or type(told) ~= 'string' then
      return
    end
    keys = told
  elseif before.rhs then
    keys = before.expr == 1 and vim.api.nvim_eval(before.rhs) or before.rhs
  end
  if (before.callback or before.rhs) and before.noremap ~= 1 then
    mode = 'im'
  end
  vim.api.nvim_feedkeys(vim.keycode(keys), mode, false)
end

return M
