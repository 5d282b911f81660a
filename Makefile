# Every target sets itself up in .venv, as an ordinary user: Python 3.11+ and make are all it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test lint soak bench bench-actions bench-context bench-cut bench-stream bench-validate vsix test-editors test-languages dist clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

$(STAMP): pyproject.toml server/kireji/__init__.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) is older than 3.11; name another: make PYTHON=/path/to/python3.11 …" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "make: no venv module in $(PYTHON) (on Debian: python3-venv); name another with PYTHON=…" >&2; exit 2; }
	@$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@

demo: $(STAMP) ## ask the real server for suggestions in a small project and show what an editor would show
	@$(BIN)/kireji demo

lint: $(STAMP) ## ruff, format check and strict mypy
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy server tests

test: lint ## lint, types and every test that needs neither an editor nor another language's tools
	@$(BIN)/pytest -n 2 --dist worksteal -q -m "not editors and not languages"

soak: $(STAMP) ## the tests that count, at full size: edits, bad messages, cancels, interleavings, kills, hostile answers
	@SOAK_EDITS=10000 SOAK_MESSAGES=10000 SOAK_CANCELS=1000 SOAK_INTERLEAVINGS=2000 SOAK_KILLS=200 SOAK_EDITOR_KILLS=20 \
		SOAK_EXAMPLES=10000 SOAK_HOSTILE=10000 SOAK_EXPLAINED=50 SOAK_FUNCTIONS=50 SOAK_AWAIT_STRIDE=1 SOAK_CHARGES=1000 SOAK_CHARGE_KILLS=50 SOAK_PAID_CALLS=10000 \
		SOAK_FAULTS=1 SOAK_TRUNCATION_STEP=1 SOAK_OUTAGE_SECONDS=120 \
		$(BIN)/pytest -n 2 --dist worksteal -q tests/lsp tests/base tests/engine/test_edit_stays_home.py tests/engine/test_actions_stay_home.py tests/engine/test_truncation.py \
		tests/engine/test_account.py tests/engine/test_proof_cancelled.py tests/providers/test_fim.py tests/features/test_suggestions_interleaved.py

bench: $(STAMP) ## start-up, overhead and memory, as ratios in one run
	@PYTHONPATH=tests $(BIN)/python -m bench

bench-actions: $(STAMP) ## how soon code actions are offered, and what the server adds to the model's time
	@PYTHONPATH=tests $(BIN)/python -m bench.actions

bench-cut: $(STAMP) ## how exactly over-long answers are cut, and how much of them is read
	@PYTHONPATH=tests $(BIN)/python -m bench.cut

bench-stream: $(STAMP) ## overhead over the bare stream, answers that are at hand, a burst of keys, as ratios in one run
	@PYTHONPATH=tests $(BIN)/python -m bench.stream

bench-validate: $(STAMP) ## what the gates catch, refuse and cost, on code of installed packages; how soon a stream is closed behind a proof
	@PYTHONPATH=tests $(BIN)/python -m bench.validate
	@PYTHONPATH=tests $(BIN)/python -m bench.proofs

bench-context: $(STAMP) ## which share of the definitions that code needs would be sent, by language; false hits and time of the search for secrets; what the index costs
	@PYTHONPATH=tests $(BIN)/python -m bench.context
	@PYTHONPATH=tests $(BIN)/python -m bench.secrets
	@PYTHONPATH=tests $(BIN)/python -m bench.index

vsix: $(STAMP) ## the extension for VS Code, with the server in it, as editors/vscode/dist/kireji.vsix (asks for npm)
	@rm -rf editors/vscode/server editors/vscode/dist
	@$(BIN)/python -m build --quiet --wheel --outdir editors/vscode/server
	@cp LICENSE editors/vscode/
	@cd editors/vscode && npm ci --silent && npm test --silent && npm run --silent package

test-editors: $(STAMP) ## real editors show what the running server suggests (they are put below $XDG_CACHE_HOME/kireji-tests, the system stays as it is)
	@tests/editors/setup.sh
	@PYTHON=$(abspath $(BIN)/python) tests/editors/setup_vscode.sh
	@$(BIN)/pip install --quiet --editable '.[dev,editors]'
	@PATH="$${XDG_CACHE_HOME:-$$HOME/.cache}/kireji-tests/editors/bin:$$PATH" $(MAKE) --no-print-directory vsix
	@$(BIN)/pytest -q -m editors tests/editors

test-languages: $(STAMP) ## insertions into real code of other languages, judged by their real tools (which are put below $XDG_CACHE_HOME)
	@tests/languages/setup.sh
	@$(BIN)/pytest -q -m languages tests/languages

dist: $(STAMP) ## wheel and sdist in dist/, from what is committed and nothing else; the same commit gives the same bytes
	@git diff --quiet HEAD && test -z "$$(git status --porcelain)" || { echo "make: a release is made of a commit: commit or put away what git status lists" >&2; exit 2; }
	@rm -rf dist
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --outdir dist

clean: ## remove what make made in this folder (tools for tests stay below $XDG_CACHE_HOME/kireji-tests)
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache dist build
