-- How Neovim starts Kireji. Found by vim.lsp.enable('kireji') once this folder's parent is on the 'runtimepath'.
-- Holds no key and no endpoint: the server reads those from its environment or the user's own file, never from an editor.
---@type vim.lsp.Config
return {
  cmd = { 'kireji', 'serve' },
  filetypes = {
    'bash', 'c', 'cpp', 'cs', 'css', 'go', 'html', 'java', 'javascript', 'javascriptreact', 'json', 'jsonc', 'lua',
    'php', 'python', 'ruby', 'rust', 'sh', 'toml', 'typescript', 'typescriptreact', 'yaml',
  },
  root_markers = {
    { 'pyproject.toml', 'setup.py', 'package.json', 'go.mod', 'Cargo.toml', 'pom.xml', 'build.gradle', 'composer.json', 'Gemfile' },
    '.git',
  },
}
