"""`kireji prompt FILE:LINE:COL`: what would be sent about a place, by the functions that serve an editor. Asks nobody.

Exit code 0 with a question, 1 where none would be asked, 2 when that cannot be said. What it looks like is in
`prompt_page.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from kireji.cli.main import CommandError
from kireji.cli.place import snapshot_at
from kireji.cli.plain import print_anything
from kireji.cli.settings import load_settings, settings_options

if TYPE_CHECKING:
    from kireji.base.config_schema import Settings
    from kireji.base.types import Reason, Snapshot
    from kireji.cli.prompt_page import Question

# An editor's index is there long before anyone asks; here it is read first.
_INDEX_SECONDS = 60.0
_PATIENT_MS = 5_000


@click.command("prompt")
@click.argument("where", metavar="FILE:LINE:COL")
@click.option("--text", "as_text", is_flag=True, help="Print every word of the question, as it would be sent.")
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON.")
@settings_options
def command(where: str, as_text: bool, as_json: bool, **overrides: object) -> None:
    """Print what would be sent about FILE:LINE:COL (both counted from 1): each part and why it is there, what is left out,
    and which secrets are taken out. Nothing is sent."""
    from kireji.base.types import Reason
    from kireji.cli.prompt_page import as_object, print_page, whole

    print_anything()
    settings = load_settings(overrides)
    for problem in settings.problems:
        sys.stderr.write(f"kireji: {problem}\n")
    question = asyncio.run(_question(settings, *snapshot_at(settings, where, "prompt")))
    if isinstance(question, Reason):
        sys.stderr.write(f"nothing would be asked here: {question.value}\n")
        raise SystemExit(1)
    if as_json:
        click.echo(json.dumps(as_object(question)))
    elif as_text:
        click.echo(whole(question))
    else:
        print_page(question)


async def _question(settings: Settings, snapshot: Snapshot, offset: int) -> Question | Reason:
    from kireji.base.child_protocol import ChildUnavailable
    from kireji.base.clock import SystemClock
    from kireji.base.config_schema import ProviderChoice
    from kireji.base.languages import canonical
    from kireji.base.types import Skip
    from kireji.cli.prompt_page import Question
    from kireji.compose import ConfigurationError, build_services
    from kireji.engine import pipeline

    # What is asked is the same whoever answers, but for a server of one's own, whose model may be one that fills in; so
    # neither a key nor an address at Claude is needed here.
    own = settings.protected.provider is ProviderChoice.OPENAI_COMPATIBLE
    local = replace(settings, protected=replace(settings.protected, provider=ProviderChoice.LOCAL))
    try:
        services = build_services(settings if own else local, SystemClock())
    except ConfigurationError as error:
        raise CommandError(str(error)) from None
    try:
        site = await pipeline.look(services, snapshot, offset)
        if isinstance(site, Skip):
            return site.reason
        try:
            assert snapshot.workspace.root is not None  # noqa: S101 — `snapshot_at` has made it the folder we run in
            await services.semantics.index.ready(snapshot.workspace.root, services.clock.monotonic() + _INDEX_SECONDS)
        except ChildUnavailable as error:
            sys.stderr.write(f"kireji: the workspace is not indexed ({error}); imports are followed instead\n")
        # So are its caches warm, and the analysis is up: what the first pass has waited for, the second finds.
        with contextlib.suppress(ChildUnavailable):
            if canonical(snapshot.document.language) == "python":
                await services.semantics.analysis.start()
        patient = replace(snapshot, options=replace(snapshot.options, gather_ms=_PATIENT_MS))
        await pipeline.gather_pack(services, patient, site)
        services.roles.completion.steady.forget(site.document.uri)
        pack = await pipeline.gather_pack(services, snapshot, site)
        prompt = pipeline.render_pack(services, pack)
        return Question(
            snapshot, pack, prompt, services.roles.completion.model, own or settings.protected.api_key is not None
        )
    finally:
        await services.close()
