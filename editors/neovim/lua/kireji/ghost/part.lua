-- The next word or line of a suggestion, and how it gets into the buffer. Draws nothing and asks nobody.

local M = {}

--- The first word of a text with the blanks before it, or its first line with the line breaks before it.
---@param text string
---@param part 'word'|'line'
---@return string
function M.first(text, part)
  if part == 'line' then
    return text:match('^\n*[^\n]*')
  end
  local blanks = text:match('^%s*')
  local rest = text:sub(#blanks + 1)
  -- A word is a run of letters of any script, else one run of other signs.
  local word = rest:match('^[%w_\128-\255]+') or rest:match('^[^%w_%s\128-\255]+') or ''
  return blanks .. word
end

--- Puts a text in place of a range (0-based, bytes) and the cursor behind it.
---@param buffer integer
---@param range integer[] { row, column, end row, end column }
---@param text string
function M.put(buffer, range, text)
  local lines = vim.split(text, '\n', { plain = true })
  vim.api.nvim_buf_set_text(buffer, range[1], range[2], range[3], range[4], lines)
  local column = (#lines == 1 and range[2] or 0) + #lines[#lines]
  vim.api.nvim_win_set_cursor(0, { range[1] + #lines, column })
end

--- What of a suggestion has been typed already stands between its start and the cursor; what is left, and where.
---@param range integer[]
---@param text string
---@return string? rest, integer[]? place nil when something else was typed there
function M.rest(range, text)
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  if row - 1 ~= range[1] or column < range[2] then
    return nil
  end
  local typed = vim.api.nvim_get_current_line():sub(range[2] + 1, column)
  if text:sub(1, #typed) ~= typed or #typed >= #text then
    return nil
  end
  return text:sub(#typed + 1), { range[1], column, range[1], column }
end

--- The server's command for a suggestion that was taken, in part or whole.
---@param command table
---@param part 'all'|'word'|'line'
---@return any[]
function M.counted(command, part)
  local arguments = vim.deepcopy(command.arguments)
  if part ~= 'all' then
    arguments[2] = part
  end
  return arguments
end

return M
