// What a person wants changed, in their own words: at one place, or over several files. The server plans, asks back, tells what it
// will cost and makes the change; here only the words are asked for.
import { window } from 'vscode';
import type { TextEditor } from 'vscode';
import type { Session } from './session';

/** Changes what is selected, as a person says. */
export async function edit(session: Session): Promise<void> {
    const wish = await wished('Kireji: what shall be changed?', 'In your own words. It changes what is selected; else the function around the cursor, or the whole file.');
    if (wish !== undefined) {
        const { uri, instruction, editor } = wish;
        const { start, end } = editor.selection;
        await session.ask('kireji.edit', { uri, range: { start, end }, instruction });
    }
}

/** Changes several files, as a person says, once they have agreed to a plan and its cost. */
export async function plan(session: Session): Promise<void> {
    const wish = await wished('Kireji: what shall be changed in several files?', 'In your own words. You see a plan and what it costs before anything is changed.');
    if (wish !== undefined) {
        const { uri, instruction } = wish;
        await session.ask('kireji.plan', { uri, instruction });
    }
}

interface Wish {
    readonly editor: TextEditor;
    readonly uri: string;
    readonly instruction: string;
}

/** The words, and the editor that they are about: the one that was in use when they were asked for. */
async function wished(title: string, prompt: string): Promise<Wish | undefined> {
    const editor = window.activeTextEditor;
    if (editor === undefined) {
        return undefined;
    }
    const instruction = (await window.showInputBox({ title, prompt, ignoreFocusOut: true }))?.trim();
    return instruction === undefined || instruction === '' ? undefined : { editor, uri: editor.document.uri.toString(), instruction };
}
