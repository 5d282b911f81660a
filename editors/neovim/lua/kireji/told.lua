-- Puts into words what the server answers about itself and about its last answers. Pure, apart from `show`.

local M = {}

---@param status kireji.Status
---@return string
function M.status(status)
  local words = { 'Kireji is ' .. status.state }
  if status.reason ~= '' then
    words[#words + 1] = status.reason
  end
  if status.provider ~= '' then
    words[#words + 1] = 'answered by ' .. (status.model ~= '' and status.model or status.provider)
  end
  local spent = type(status.spentToday) == 'number' and ('$%.2f'):format(status.spentToday) or 'unknown'
  words[#words + 1] = ('spent today: %s of $%.2f'):format(spent, status.dailyCap)
  return table.concat(words, '; ')
end

--- The last answers as Markdown, the newest first.
---@param answers table[]
---@return string[]
function M.explanation(answers)
  local lines = {}
  local function say(...) lines[#lines + 1] = string.format(...) end
  if #answers == 0 then
    say('Nothing has been asked yet.')
  end
  for _, answer in ipairs(answers) do
    say('# %s', answer.offered and 'Shown' or ('Not shown: ' .. answer.reason))
    say('')
    if answer.detail ~= '' then
      say('%s', answer.detail)
      say('')
    end
    for _, finding in ipairs(answer.findings) do
      say('- **%s** `%s`: %s', finding.gate, finding.code, (finding.message:gsub('%s+', ' ')))
    end
    for _, repair in ipairs(answer.repairs) do
      say('- repaired: %s', repair)
    end
    for _, gate in ipairs(answer.gates) do
      say('- gate %s: %s, %.1f ms%s', gate.gate, gate.state, gate.elapsed_ms, gate.note ~= '' and ' (' .. gate.note .. ')' or '')
    end
    local tokens = answer.tokens
    say('- %s: %d tokens in, %d from the cache, %d out, $%.6f', answer.model ~= '' and answer.model or answer.provider,
      tokens.input, tokens.cache_read, tokens.output, answer.cost_usd)
    say('')
  end
  return lines
end

--- A plan as Markdown, with what can be done about it.
---@param plan { summary: string, subtasks: table[], likelyDollars: number, mostDollars: number }
---@return string[]
function M.plan(plan)
  local lines = { '# ' .. plan.summary, '' }
  for number, subtask in ipairs(plan.subtasks) do
    lines[#lines + 1] = ('%d. **%s**'):format(number, subtask.title)
    for _, file in ipairs(subtask.files) do
      lines[#lines + 1] = ('   - `%s`'):format(file)
    end
    for _, file in ipairs(subtask.creates) do
      lines[#lines + 1] = ('   - `%s` (new)'):format(file)
    end
    lines[#lines + 1] = '   - ' .. subtask.instructions:gsub('%s+', ' ')
    lines[#lines + 1] = '   - done when ' .. subtask.doneWhen:gsub('%s+', ' ')
  end
  vim.list_extend(lines, {
    '',
    ('This costs about $%.3f, at most $%.2f.'):format(plan.likelyDollars, plan.mostDollars),
    '',
    '`<CR>` carries it out, `q` closes this and leaves all as it is.',
  })
  return vim.split(table.concat(lines, '\n'), '\n')
end

--- Opens a text for reading, below; the same name is used again.
---@param name string
---@param lines string[]
---@return integer buffer
function M.show(name, lines)
  local buffer = vim.fn.bufadd(name)
  vim.fn.bufload(buffer)
  vim.bo[buffer].buftype, vim.bo[buffer].swapfile, vim.bo[buffer].bufhidden = 'nofile', false, 'hide'
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].modifiable, vim.bo[buffer].filetype = false, 'markdown'
  local window = vim.fn.bufwinid(buffer)
  if window < 0 then
    vim.cmd('belowright sbuffer ' .. buffer)
  else
    vim.api.nvim_set_current_win(window)
  end
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buffer, desc = 'Close' })
  return buffer
end

return M
