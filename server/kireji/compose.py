"""Where the parts are chosen: settings in, services out. The command line and the server share it; nothing else may.

Starts nothing: connections, children and databases open at first use, so that `initialize` is answered at once.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from kireji.base.audit import Audit
from kireji.base.clock import Clock
from kireji.base.config_schema import ProviderChoice, Settings
from kireji.base.ledger import SqliteLedger
from kireji.base.store import Store
from kireji.engine.context.symbols import SymbolReader
from kireji.engine.gates.ruff import RuffGate
from kireji.engine.gates.syntax import AstGate, TreeGate
from kireji.engine.gates.text import TextGate
from kireji.engine.pipeline import Asking, Services
from kireji.providers import models
from kireji.providers.anthropic import AnthropicProvider
from kireji.providers.copy_engine import CopyEngine
from kireji.providers.provider import Provider
