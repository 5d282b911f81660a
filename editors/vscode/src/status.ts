// What the status says to people, in the bar, on hovering and to a screen reader. Pure; the server's fields are in PROTOCOL.md.

export type State = 'starting' | 'ready' | 'paused' | 'snoozed' | 'limited';

/** The server's status, or our own where there is no server. */
export interface Status {
    readonly state: State;
    readonly reason: string;
    readonly provider: string;
    readonly model: string;
    readonly spentToday: number | null;
    readonly dailyCap: number;
    readonly secondsLeft: number | null;
    readonly cause: string;
}

/** Why there is no server. */
export type Absence = 'missing' | 'stopped' | 'misfit' | 'installing' | 'starting';

/** Whether it is over by itself before long. */
export function passes(why: Absence): why is 'installing' | 'starting' {
    return why === 'installing' || why === 'starting';
}

/** What a person sees: an icon and words, never a colour alone. */
export interface Shown {
    readonly text: string;
    readonly detail: string;
    readonly spoken: string;
    readonly warns: boolean;
}

const ICONS: Readonly<Record<State, string>> = {
    starting: '$(loading~spin)',
    ready: '$(check)',
    paused: '$(debug-pause)',
    snoozed: '$(clock)',
    limited: '$(warning)',
};

const ABSENT: Readonly<Record<Absence, { icon: string; word: string; detail: string }>> = {
    missing: { icon: '$(error)', word: 'not installed', detail: 'The Kireji server is not on this machine.' },
    stopped: { icon: '$(error)', word: 'stopped', detail: 'The Kireji server has ended and is not started again by itself.' },
    misfit: { icon: '$(error)', word: 'wrong version', detail: 'The Kireji server and this extension do not fit each other.' },
    starting: { icon: '$(loading~spin)', word: 'starting', detail: 'The Kireji server is being started.' },
    installing: { icon: '$(loading~spin)', word: 'installing', detail: 'The Kireji server is being installed.' },
};

// Half a cent: less would be shown as nothing.
const WORTH_SHOWING = 0.005;

/** The status of a running server. */
export function shown(status: Status): Shown {
    const left = status.secondsLeft === null ? '' : ` for ${Math.ceil(status.secondsLeft / 60)} min`;
    const word = { starting: 'starting', ready: '', paused: 'paused', snoozed: `snoozed${left}`, limited: 'limited' }[status.state];
    const who = status.provider === 'local' ? 'your own files (no model is asked)' : status.model;
    const sentences = [
        `Kireji is ${word || 'ready'}${status.reason === '' ? '' : `: ${status.reason}`}.`,
        ...(who === '' ? [] : [`Answered by ${who}.`]),
        spent(status),
    ];
    const cost = status.spentToday !== null && status.spentToday >= WORTH_SHOWING ? [`$${status.spentToday.toFixed(2)}`] : [];
    return {
        text: [ICONS[status.state], 'Kireji', ...(word === '' ? [] : [word]), ...cost].join(' '),
        detail: sentences.join('\n\n'),
        spoken: `${sentences.join(' ')} Opens the menu.`,
        warns: status.state === 'limited',
    };
}

/** The status where no server runs. */
export function absent(why: Absence): Shown {
    const { icon, word, detail } = ABSENT[why];
    return { text: `${icon} Kireji ${word}`, detail, spoken: `${detail} Opens the menu.`, warns: !passes(why) };
}

/** What today has cost, as a sentence. */
export function spent(status: Status): string {
    const sum = status.spentToday === null ? 'What was spent today cannot be read' : `Spent today: ${dollars(status.spentToday)}`;
    return `${sum} of ${dollars(status.dailyCap)}.`;
}

/** Dollars as people write them; small sums keep two digits that say something. */
export function dollars(sum: number): string {
    return sum > 0 && sum < 0.01 ? `$${sum.toPrecision(2)}` : `$${sum.toFixed(2)}`;
}

/** What a status calls for that a person has to do something about. */
export type Notice = 'keyless' | 'refused';

const CAUSES: Readonly<Record<string, Notice>> = { key_refused: 'refused', misconfigured: 'refused' };

/** What to tell a person about a status, if anything. */
export function notice(status: Status): Notice | undefined {
    const cause = CAUSES[status.cause];
    return cause ?? (status.state === 'ready' && status.provider === 'local' ? 'keyless' : undefined);
}
