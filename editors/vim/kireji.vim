" Kireji in Vim, by way of ALE: completion and code actions. Source it from your vimrc, below the line that loads ALE.
" Holds no key and no endpoint: the server reads those from its environment or your own file, never from an editor.

let s:languages = {
      \ 'c': 1, 'cpp': 1, 'cs': 1, 'css': 1, 'go': 1, 'html': 1, 'java': 1, 'javascript': 1, 'json': 1, 'lua': 1,
      \ 'php': 1, 'python': 1, 'ruby': 1, 'rust': 1, 'sh': 1, 'toml': 1, 'typescript': 1, 'javascriptreact': 1,
      \ 'typescriptreact': 1, 'yaml': 1 }

let s:markers = ['pyproject.toml', 'setup.py', 'package.json', 'go.mod', 'Cargo.toml', 'pom.xml', 'build.gradle',
      \ 'composer.json', 'Gemfile', '.git']

" The nearest folder that looks like a project, else the file's own.
function! KirejiRoot(buffer) abort
  let l:here = fnamemodify(bufname(a:buffer), ':p:h')
  let l:folder = l:here
  while l:folder !=# fnamemodify(l:folder, ':h')
    for l:marker in s:markers
      if !empty(glob(l:folder . '/' . l:marker, 1))
        return l:folder
      endif
    endfor
    let l:folder = fnamemodify(l:folder, ':h')
  endwhile
  return l:here
endfunction

function! KirejiLanguages() abort
  return keys(s:languages)
endfunction

let g:kireji_executable = get(g:, 'kireji_executable', 'kireji')

" ALE makes the edits that a server asks for and counts columns in bytes, and says neither.
for s:language in KirejiLanguages()
  call ale#linter#Define(s:language, {
        \ 'name': 'kireji',
        \ 'lsp': 'stdio',
        \ 'executable': {buffer -> g:kireji_executable},
        \ 'command': '%e serve',
        \ 'project_root': function('KirejiRoot'),
        \ 'language': s:language,
        \ 'initialization_options': {'client': {'applyEdit': v:true, 'positionEncoding': 'utf-8'}},
        \ })
endfor

" Beside the linters that are enabled for a language: naming one in g:ale_linters disables all others.
function! KirejiEnable(language) abort
  let g:ale_linters = get(g:, 'ale_linters', {})
  let l:names = map(copy(ale#linter#Get(a:language)), 'v:val.name')
  if index(l:names, 'kireji') < 0
    let g:ale_linters[a:language] = l:names + ['kireji']
  endif
  setlocal omnifunc=ale#completion#OmniFunc
endfunction

augroup kireji
  autocmd!
  for s:language in KirejiLanguages()
    execute 'autocmd FileType' s:language 'call KirejiEnable(' . string(s:language) . ')'
  endfor
augroup END
