-- `:checkhealth kireji`: is there a server, does it run here, who answers, and what to do about what is wrong.

local M = {}

function M.check()
  local health, config = vim.health, require('kireji').config
  health.start('Kireji')
  if vim.fn.has('nvim-0.10') == 0 then
    return health.error('Neovim is older than 0.10', { 'Install a newer Neovim' })
  end
  health.ok(('Neovim %s; suggestions are drawn by %s'):format(vim.version(), vim.lsp.inline_completion and 'Neovim itself' or 'this plugin'))
  local path = vim.fn.exepath(config.cmd[1])
  if path == '' then
    return health.error(("there is no program '%s'"):format(config.cmd[1]), {
      'Install the server: pipx install kireji',
      "Or name it: require('kireji').setup({ cmd = { '/path/to/kireji', 'serve' } })",
    })
  end
  local version = vim.system({ path, '--version' }, { text = true }):wait(10000)
  if version.code ~= 0 then
    return health.error(path .. ' does not run', { vim.trim(version.stderr or ''), 'Try it in a terminal: kireji doctor' })
  end
  health.ok(('%s (%s)'):format(vim.trim(version.stdout), path))
  local client = require('kireji.server').client(0)
  if not client then
    return health.warn('the server does not run yet', {
      'Open a file of a language that it knows',
      "If there is one open: is require('kireji').setup() in your init.lua?",
    })
  end
  health.ok(('runs for %s, columns in %s'):format(client.root_dir or 'single files', client.offset_encoding))
  local now = require('kireji.status').now
  if not now then
    return health.warn('it has not said how it is yet', { 'Ask again in a moment' })
  end
  local say = now.state == 'limited' and health.warn or health.ok
  say(require('kireji.told').status(now))
  health.info('The whole picture: run `kireji doctor` in a terminal')
end

return M
