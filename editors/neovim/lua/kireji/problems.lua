-- Tells the server what other tools find wrong in a file, so that a question may say it. Finds nothing itself.

local M = {}

local METHOD = 'kireji/problems'
-- More of one file is not kept.
local MOST = 40

-- By buffer: what was told last, and whether something is about to be told.
local told, due = {}, {}

--- A diagnostic as the protocol has it.
---@param diagnostic vim.Diagnostic
---@param client vim.lsp.Client
local function as_told(diagnostic, client)
  local function place(row, column)
    return { line = row, character = require('kireji.ghost.columns').units(diagnostic.bufnr, row, column, client.offset_encoding) }
  end
  local row, column = diagnostic.lnum, diagnostic.col
  return {
    range = { start = place(row, column), ['end'] = place(diagnostic.end_lnum or row, diagnostic.end_col or column) },
    severity = diagnostic.severity,
    message = diagnostic.message,
    source = diagnostic.source,
  }
end

--- Errors and warnings of a buffer, from all tools; of many, those nearest to the cursor.
---@param buffer integer
---@return vim.Diagnostic[]
local function found(buffer)
  local all = vim.diagnostic.get(buffer, { severity = { min = vim.diagnostic.severity.WARN } })
  local window = vim.fn.bufwinid(buffer)
  local here = window > 0 and vim.api.nvim_win_get_cursor(window)[1] - 1 or 0
  table.sort(all, function(a, b) return math.abs(a.lnum - here) < math.abs(b.lnum - here) end)
  return vim.list_slice(all, 1, MOST)
end

---@param buffer integer
local function tell(buffer)
  local client = vim.api.nvim_buf_is_loaded(buffer) and vim.lsp.get_clients({ name = 'kireji', bufnr = buffer })[1]
  if not client or not client.initialized then
    return
  end
  local problems = vim.tbl_map(function(diagnostic) return as_told(diagnostic, client) end, found(buffer))
  -- That all is well need not be said of a file of which nothing else was.
  if not vim.deep_equal(problems, told[buffer] or {}) then
    told[buffer] = problems
    require('kireji.server').notify(client, METHOD, { uri = vim.uri_from_bufnr(buffer), diagnostics = problems })
  end
end

--- Tools speak in bursts: what comes at once is told at once.
---@param buffer integer
local function soon(buffer)
  if not due[buffer] then
    due[buffer] = true
    vim.schedule(function()
      due[buffer] = nil
      tell(buffer)
    end)
  end
end

function M.enable()
  local group = vim.api.nvim_create_augroup('kireji.problems', { clear = true })
  vim.api.nvim_create_autocmd({ 'DiagnosticChanged', 'InsertEnter' }, {
    group = group,
    callback = function(event) soon(event.buf) end,
  })
  -- A server that is new to a buffer, or to which the buffer is new, knows nothing.
  vim.api.nvim_create_autocmd({ 'LspAttach', 'LspDetach' }, {
    group = group,
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if client and client.name == 'kireji' then
        told[event.buf] = nil
        soon(event.buf)
      end
    end,
  })
end

return M
