;;; kireji.el --- Kireji's suggestions and code actions through Eglot or lsp-mode  -*- lexical-binding: t -*-

;; Says how Eglot and lsp-mode start Kireji, and for which modes. Holds no key and no endpoint: the server reads those from its environment
;; or the user's own file, never from an editor. Needs Emacs 30, for which Eglot counts columns as Kireji does.

;;; Code:

(defvar eglot-server-programs)
(declare-function eglot-ensure "eglot")
(declare-function lsp-register-client "lsp-mode")
(declare-function lsp-stdio-connection "lsp-mode")
(declare-function make-lsp-client "lsp-mode")

;; A mode that derives from another stands before it.
(defconst kireji-modes
  '((bash-ts-mode :language-id "shellscript") (sh-mode :language-id "shellscript")
    (c-mode :language-id "c") (c-ts-mode :language-id "c")
    (c++-mode :language-id "cpp") (c++-ts-mode :language-id "cpp")
    (csharp-mode :language-id "csharp") (csharp-ts-mode :language-id "csharp")
    (css-mode :language-id "css") (css-ts-mode :language-id "css")
    (go-mode :language-id "go") (go-ts-mode :language-id "go")
    (html-mode :language-id "html") (html-ts-mode :language-id "html")
    (java-mode :language-id "java") (java-ts-mode :language-id "java")
    (js-json-mode :language-id "json") (json-mode :language-id "json") (json-ts-mode :language-id "json")
    (js-jsx-mode :language-id "javascriptreact")
    (js-mode :language-id "javascript") (js-ts-mode :language-id "javascript")
    (lua-mode :language-id "lua") (lua-ts-mode :language-id "lua")
    (php-mode :language-id "php") (php-ts-mode :language-id "php")
    (python-mode :language-id "python") (python-ts-mode :language-id "python")
    (ruby-mode :language-id "ruby") (ruby-ts-mode :language-id "ruby")
    (rust-mode :language-id "rust") (rust-ts-mode :language-id "rust")
    (conf-toml-mode :language-id "toml") (toml-ts-mode :language-id "toml")
    (tsx-ts-mode :language-id "typescriptreact")
    (typescript-mode :language-id "typescript") (typescript-ts-mode :language-id "typescript")
    (yaml-mode :language-id "yaml") (yaml-ts-mode :language-id "yaml"))
  "The modes that Kireji serves, with the names it knows their languages by.")

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs `(,kireji-modes . ("kireji" "serve"))))

;; Beside whatever other servers lsp-mode starts.
(with-eval-after-load 'lsp-mode
  (lsp-register-client
   (make-lsp-client :new-connection (lsp-stdio-connection '("kireji" "serve"))
                    :activation-fn (lambda (_file mode) (assq mode kireji-modes))
                    :add-on? t
                    :server-id 'kireji)))

(defun kireji-everywhere (&optional start)
  "Starts Kireji with every file whose language it knows, by START: `eglot-ensure', or for lsp-mode `lsp-deferred'."
  (dolist (mode kireji-modes)
    (add-hook (intern (format "%s-hook" (car mode))) (or start #'eglot-ensure))))

(provide 'kireji)

;;; kireji.el ends here
