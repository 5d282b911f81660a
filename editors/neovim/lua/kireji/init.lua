-- Kireji in Neovim: what a person configures and calls. Starts the server, has somebody draw its suggestions, maps keys.
-- Draws nothing itself and speaks no message of the protocol.

local M = {}

---@type kireji.Config
M.config = {
  cmd = { 'kireji', 'serve' },
  settings = {},
  keys = { accept = '<Tab>', accept_word = '<M-Right>', accept_line = '<M-Down>', next = '<M-]>', dismiss = '<C-]>' },
}

--- What can be done about a suggestion, by name: each is also a map, `<Plug>(kireji-NAME)`. False where there is none.
M.does = {
  accept = function() return require('kireji.ghost').accept('all') end,
  accept_word = function() return require('kireji.ghost').accept('word') end,
  accept_line = function() return require('kireji.ghost').accept('line') end,
  next = function() return require('kireji.ghost').next() end,
  dismiss = function() return require('kireji.ghost').dismiss() end,
}

--- Starts Kireji for every file type that it knows.
---@param config? kireji.Config
function M.setup(config)
  if vim.fn.has('nvim-0.10') == 0 then
    return vim.notify('Kireji needs Neovim 0.10 or newer', vim.log.levels.ERROR)
  end
  M.config = vim.tbl_extend('force', M.config, config or {})
  require('kireji.server').enable(M.config)
  for name, key in pairs(M.config.keys or {}) do
    -- Whoever has mapped something to it already needs no key of ours.
    if key and vim.fn.hasmapto(M.plug(name), 'i') == 0 then
      M.map(name, key)
    end
  end
end

---@param name string
---@return string
function M.plug(name) return ('<Plug>(kireji-%s)'):format((name:gsub('_', '-'))) end

--- Maps a key. While a list is open, or without a suggestion, it does what it did before.
---@param name string a key of `does`
---@param key string
function M.map(name, key)
  local before = vim.fn.maparg(key, 'i', false, true)
  vim.keymap.set('i', key, function()
    if vim.fn.pumvisible() == 1 or not M.does[name]() then
      require('kireji.keys').as_before(key, before)
    end
  end, { desc = 'Kireji: ' .. name:gsub('_', ' ') .. ', where there is a suggestion' })
end

--- Tells the server how a test has failed, for whatever runs tests to call; its next questions may say it. An empty output
--- says that none fails any more.
---@param output string
---@param name? string of the test
function M.test_failed(output, name)
  for _, client in ipairs(vim.lsp.get_clients({ name = 'kireji' })) do
    require('kireji.server').notify(client, 'kireji/testFailed', { output = output, name = name })
  end
end

--- For a status line: whether suggestions come, and what today has cost. Empty where Kireji does not run.
---@return string
function M.statusline() return require('kireji.status').line() end

return M
