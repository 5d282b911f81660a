-- Starts the server for the file types it knows, in every Neovim from 0.10 on, and hears what it says of itself.

local M = {}

local MISSING = [[Kireji: there is no program '%s', so no suggestions come.
Install the server (pipx install kireji) or name it: require('kireji').setup({ cmd = { '/path/to/kireji', 'serve' } }). See :checkhealth kireji]]

--- How the server is started, with the file that `vim.lsp.enable` would read as its base.
---@param config kireji.Config
---@return table
function M.config(config)
  local base = dofile(vim.api.nvim_get_runtime_file('lsp/kireji.lua', false)[1])
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  capabilities.experimental = { kireji = { status = true, documents = true } }
  -- Neovim makes such edits and does not say so; only they can create files. It asks about each file by itself, where a change
  -- over several is made whole or not at all: without annotations the server asks, once.
  capabilities.workspace.workspaceEdit.documentChanges = true
  capabilities.workspace.workspaceEdit.changeAnnotationSupport = nil
  capabilities.textDocument.inlineCompletion = { dynamicRegistration = false }
  return vim.tbl_extend('force', base, {
    name = 'kireji',
    cmd = config.cmd,
    capabilities = capabilities,
    settings = { kireji = config.settings },
    handlers = {
      ['kireji/status'] = function(_, status, context) require('kireji.status').told(status, context.client_id) end,
      ['kireji/document'] = function(_, document)
        require('kireji.told').show('kireji://' .. document.title, vim.split(document.text, '\n'))
      end,
    },
    on_exit = function(_, _, client) require('kireji.status').ended(client) end,
  })
end

---@param config kireji.Config
function M.enable(config)
  local started = M.config(config)
  local group = vim.api.nvim_create_augroup('kireji.server', { clear = true })
  if vim.fn.executable(config.cmd[1]) == 0 then
    return vim.api.nvim_create_autocmd('FileType', {
      group = group,
      pattern = started.filetypes,
      once = true,
      callback = function() vim.notify(MISSING:format(config.cmd[1]), vim.log.levels.ERROR) end,
    })
  end
  require('kireji.ghost').enable()
  require('kireji.problems').enable()
  if vim.lsp.enable then
    vim.lsp.config('kireji', started)
    return vim.lsp.enable('kireji')
  end
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    pattern = started.filetypes,
    callback = function(event)
      if vim.bo[event.buf].buftype == '' then
        local root = vim.fs.root(event.buf, vim.iter(started.root_markers):flatten():totable())
        vim.lsp.start(vim.tbl_extend('force', started, { root_dir = root }), {
          bufnr = event.buf,
          -- Files of no project share a server too: 0.10 by itself starts one for each.
          reuse_client = function(client)
            return client.name == started.name and client.root_dir == root and not M.stopped(client)
          end,
        })
      end
    end,
  })
end

--- The running server of a buffer, or of any.
---@param buffer? integer
---@return vim.lsp.Client?
function M.client(buffer)
  return vim.lsp.get_clients({ name = 'kireji', bufnr = buffer })[1] or vim.lsp.get_clients({ name = 'kireji' })[1]
end

--- Asks the server; 0.10 takes the method without the client.
---@return boolean, integer?
function M.request(client, ...)
  if vim.fn.has('nvim-0.11') == 1 then
    return client:request(...)
  end
  return client.request(...)
end

--- Tells the server; 0.10 takes the method without the client.
function M.notify(client, ...)
  if vim.fn.has('nvim-0.11') == 1 then
    return client:notify(...)
  end
  return client.notify(...)
end

---@return boolean
function M.stopped(client)
  if vim.fn.has('nvim-0.11') == 1 then
    return client:is_stopped()
  end
  return client.is_stopped()
end

function M.cancel(client, id)
  if vim.fn.has('nvim-0.11') == 1 then
    return client:cancel_request(id)
  end
  return client.cancel_request(id)
end

--- Runs one of the server's commands; `done` gets its result, and which server it comes from.
---@param command string
---@param arguments any[]
---@param done? fun(result: any, client: vim.lsp.Client)
---@param client? vim.lsp.Client the buffer's, if it is not said
function M.command(command, arguments, done, client)
  client = client or M.client(0)
  if not client then
    return vim.notify('Kireji: no server runs here; see :checkhealth kireji', vim.log.levels.WARN)
  end
  local sent = M.request(client, 'workspace/executeCommand', { command = command, arguments = arguments }, function(problem, result)
    if problem then
      return vim.notify('Kireji: ' .. problem.message, vim.log.levels.ERROR)
    end
    if done then
      done(result, client)
    end
  end, 0)
  if not sent then
    vim.notify('Kireji: the server that this was asked of has ended; ask again', vim.log.levels.WARN)
  end
end

return M
