// What a person is told without having asked: each thing once until it is over, with what to do about it. What caps give rise
// to is told by the server, once for all editors.
import { commands, window } from 'vscode';
import type { Memento } from 'vscode';
import { notice, passes } from './status';
import type { Absence, Notice, Status } from './status';

/** A button and the command behind it. */
type Way = readonly [title: string, command: string];

interface Message {
    readonly text: string;
    readonly ways: readonly Way[];
}

const INSTALL: Way = ['Install', 'kireji.installServer'];
const LOG: Way = ['Show Log', 'kireji.showLog'];
const RESTART: Way = ['Start Again', 'kireji.restart'];
const KEY: Way = ['Set Key', 'kireji.setKey'];
const SETTINGS: Way = ['Open Settings', 'kireji.openSettings'];
const START: Way = ['Get Started', 'kireji.getStarted'];

const ABOUT: Readonly<Record<Notice, Message>> = {
    keyless: {
        text: 'Kireji answers from your own files until it has a key for the model service. Set one, or leave it at that: nothing leaves this machine.',
        ways: [KEY, START],
    },
    refused: {
        text: 'Kireji: the model service refused the key, the address or the model, so no model answers. Set a key that is valid, or look at the settings.',
        ways: [KEY, SETTINGS],
    },
};
const KEYLESS_TOLD = 'kireji.keylessTold';

export class Notices {
    private told: Notice | Absence | undefined;

    constructor(private readonly memory: Memento) {}

    /** Tells what a status calls for. */
    about(status: Status): void {
        const now = notice(status);
        if (now === this.told || status.state === 'starting') {
            return;
        }
        this.told = now;
        if (now === undefined || (now === 'keyless' && this.memory.get(KEYLESS_TOLD) === true)) {
            return;
        }
        if (now === 'keyless') {
            void this.memory.update(KEYLESS_TOLD, true);
            void ask(ABOUT[now], window.showInformationMessage);
        } else {
            void ask(ABOUT[now], window.showWarningMessage);
        }
    }

    /** Tells why there is no server. `detail` is a program, an error or two versions. */
    absent(why: Absence, detail: string): void {
        if (why === this.told || passes(why)) {
            return;
        }
        this.told = why;
        void ask(missing(why, detail), window.showErrorMessage);
    }

    /** Whatever was told is over: it may be told again. */
    forget(): void {
        this.told = undefined;
    }
}

function missing(why: Exclude<Absence, 'installing' | 'starting'>, detail: string): Message {
    switch (why) {
        case 'missing':
            return detail === ''
                ? { text: 'Kireji’s server is not on this machine. Install it into an environment of its own?', ways: [INSTALL, SETTINGS] }
                : { text: `kireji.server.path names no program that can be run: ${detail}. Correct it, or empty it.`, ways: [SETTINGS] };
        case 'stopped':
            return { text: `Kireji’s server does not run: ${detail}.`, ways: [RESTART, LOG] };
        case 'misfit':
            return { text: `Kireji’s server and this extension do not fit (${detail}). Install the server that came with the extension?`, ways: [INSTALL, LOG] };
    }
}

type Show = (text: string, ...titles: string[]) => Thenable<string | undefined>;

async function ask({ text, ways }: Message, show: Show): Promise<void> {
    const chosen = await show(text, ...ways.map(([title]) => title));
    const way = ways.find(([title]) => title === chosen);
    if (way !== undefined) {
        await commands.executeCommand(way[1]);
    }
}
