;;; driver.el --- The part of the test's driver that runs inside Emacs  -*- lexical-binding: t -*-

;; Answers questions that come through a socket, a JSON object a line each way: the value of a Lisp form in the buffer of the
;; selected window, as it is between two commands. Knows nothing of the server; types nothing by itself.

(defconst driver-retry-seconds 0.02)
(defconst driver-unasked '(nil lsp-inline-completion-display)
  "What `this-command' is while nobody's command runs: lsp-mode calls what it does by itself one.")
(defvar driver--rest "")
(defvar driver-completions 0 "How often completion at point has run to its end.")

(advice-add 'completion-at-point :after (lambda (&rest _) (setq driver-completions (1+ driver-completions))))

(defun driver-connect ()
  "Connects to the socket that the test listens on."
  (make-network-process :name "driver" :family 'local :service (getenv "DRIVER_SOCKET")
                        :coding 'utf-8-unix :noquery t :filter #'driver--hear))

(defun driver--hear (process piece)
  (let* ((lines (split-string (concat driver--rest piece) "\n")))
    (setq driver--rest (car (last lines)))
    (dolist (line (butlast lines))
      (driver--answer process (json-parse-string line :object-type 'plist :false-object nil)))))

(defun driver--answer (process question)
  "Evaluates a question's form. One that asks to wait is asked again until its value is not nil.
A command that waits for the server has not done its work yet, so none is answered in the middle of one."
  (let* ((id (plist-get question :id))
         (reply (condition-case problem
                    (when-let* (((memq this-command driver-unasked))
                                (value (list (driver--value (plist-get question :code))))
                                ((or (car value) (not (plist-get question :wait)))))
                      (json-serialize (list :id id :value (car value)) :null-object nil))
                  (error (json-serialize (list :id id :error (error-message-string problem)))))))
    (if reply
        (process-send-string process (concat reply "\n"))
      (run-at-time driver-retry-seconds nil #'driver--answer process question))))

(defun driver--value (code)
  (with-current-buffer (window-buffer (selected-window))
    (save-match-data (eval (car (read-from-string code)) t))))

;;; driver.el ends here
