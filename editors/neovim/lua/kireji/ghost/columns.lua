-- Between the protocol's positions and bytes of a line, in every encoding that a server may speak.

local M = {}

---@param buffer integer
---@param position { line: integer, character: integer }
---@param encoding string
---@return integer row, integer column 0-based, bytes
function M.bytes(buffer, position, encoding)
  local line = vim.api.nvim_buf_get_lines(buffer, position.line, position.line + 1, false)[1] or ''
  if encoding == 'utf-8' then
    return position.line, math.min(position.character, #line)
  end
  if vim.fn.has('nvim-0.11') == 1 then
    return position.line, vim.str_byteindex(line, encoding, position.character, false)
  end
  local most = select(encoding == 'utf-16' and 2 or 1, vim.str_utfindex(line))
  return position.line, vim.str_byteindex(line, math.min(position.character, most), encoding == 'utf-16')
end

--- The other way.
---@param buffer integer
---@param row integer
---@param byte integer
---@param encoding string
---@return integer
function M.units(buffer, row, byte, encoding)
  local line = vim.api.nvim_buf_get_lines(buffer, row, row + 1, false)[1] or ''
  byte = math.min(byte, #line)
  if encoding == 'utf-8' then
    return byte
  end
  if vim.fn.has('nvim-0.11') == 1 then
    return vim.str_utfindex(line, encoding, byte, false)
  end
  return (select(encoding == 'utf-16' and 2 or 1, vim.str_utfindex(line, byte)))
end

return M
