-- What is there as soon as this folder is on the 'runtimepath': the command `:Kireji` and the maps `<Plug>(kireji-…)`.
-- Starts nothing: `require('kireji').setup()` does.

if vim.g.loaded_kireji then
  return
end
vim.g.loaded_kireji = true

vim.api.nvim_create_user_command('Kireji', function(call)
  require('kireji.commands').run(call.fargs, call.range > 0 and { call.line1, call.line2 } or nil)
end, {
  nargs = '+',
  range = true,
  complete = function(begun, line) return require('kireji.commands').complete(begun, line) end,
  desc = 'Pause, resume, explain, … (see :help :Kireji)',
})

for _, name in ipairs({ 'accept', 'accept_word', 'accept_line', 'next', 'dismiss' }) do
  vim.keymap.set('i', ('<Plug>(kireji-%s)'):format((name:gsub('_', '-'))), function() require('kireji').does[name]() end)
end
