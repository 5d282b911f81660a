// How answers came about, as a page of Markdown. Pure; what it is given is what the server's command `kireji.explain` returns.

interface Finding {
    readonly gate: string;
    readonly code: string;
    readonly message: string;
}

/** One answer, as the server explains it. */
export interface Explanation {
    readonly offered: boolean;
    readonly reason?: string;
    readonly stage?: string;
    readonly detail: string;
    readonly provider: string;
    readonly model: string;
    readonly findings: readonly Finding[];
    readonly gates: readonly { gate: string; state: string; elapsed_ms: number; note: string }[];
    readonly repairs: readonly string[];
    readonly stages: readonly { stage: string; elapsed_ms: number }[];
    readonly redactions: readonly string[];
    readonly tokens: { input: number; output: number; cache_read: number; cache_write: number };
    readonly cost_usd: number;
}

// Decided there: the text had changed, a newer question had come. Of those there are many, and nothing is to be learnt from them.
const OVERTAKEN = 'deliver';

/** The newest answers about which there is something to say; all of them, where there is none. */
export function worthTelling(answers: readonly Explanation[], most: number): readonly Explanation[] {
    const told = answers.filter(({ offered, stage }) => offered || stage !== OVERTAKEN);
    return (told.length > 0 ? told : answers).slice(0, most);
}

/** The page. The newest answer comes first. */
export function page(answers: readonly Explanation[]): string {
    return ['# Kireji: how the last answers came about', ...answers.map(section)].join('\n\n') + '\n';
}

function section(answer: Explanation, place: number): string {
    const title = answer.offered ? 'shown' : `withheld: ${answer.reason ?? 'no reason given'}`;
    const asked = answer.tokens.input + answer.tokens.cache_read + answer.tokens.cache_write;
    return [
        `## ${place + 1}. ${title}`,
        ...(answer.detail === '' ? [] : [answer.detail]),
        list([
            ...(answer.provider === '' ? [] : [`Answered by: ${answer.model || answer.provider}`]),
            ...(answer.stage === undefined ? [] : [`Decided at: ${answer.stage}`]),
            ...(answer.repairs.length === 0 ? [] : [`Repaired: ${answer.repairs.join(', ')}`]),
            ...(answer.redactions.length === 0 ? [] : [`Taken out before it was asked: ${answer.redactions.join(', ')}`]),
            ...(asked === 0 ? [] : [`Cost: $${answer.cost_usd.toFixed(6)} (${asked} tokens in, ${answer.tokens.output} out)`]),
        ]),
        ...(answer.findings.length === 0 ? [] : ['### Findings', list(answer.findings.map((f) => `**${f.gate}** ${f.code}: ${f.message}`))]),
        ...(answer.gates.length === 0 ? [] : ['### Gates', table(['gate', 'verdict', 'time', 'note'], answer.gates.map((g) => [g.gate, g.state, ms(g.elapsed_ms), g.note]))]),
        ...(answer.stages.length === 0 ? [] : ['### Where the time went', table(['stage', 'time'], answer.stages.map((s) => [s.stage, ms(s.elapsed_ms)]))]),
    ]
        .filter((part) => part !== '')
        .join('\n\n');
}

function list(lines: readonly string[]): string {
    return lines.map((line) => `- ${line}`).join('\n');
}

/** A table whose columns line up, so that it can be read without being rendered. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
    const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
    const line = (cells: readonly string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
    return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function ms(time: number): string {
    return `${time.toFixed(1)} ms`;
}
