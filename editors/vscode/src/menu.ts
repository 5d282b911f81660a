// The menu behind the status bar's item: every command of the extension, by keyboard too, in the order of need.
import { commands, window } from 'vscode';
import type { QuickPickItem } from 'vscode';
import type { Status } from './status';

interface Entry extends QuickPickItem {
    readonly command: string;
}

/** Shows what can be done now, and does what is chosen. */
export async function menu(status: Status | undefined, manual: boolean, title: string): Promise<void> {
    const chosen = await window.showQuickPick(status === undefined ? withoutServer() : withServer(status, manual), {
        title,
        placeHolder: 'What shall Kireji do?',
        matchOnDescription: true,
    });
    if (chosen !== undefined) {
        await commands.executeCommand(chosen.command);
    }
}

function withServer({ state }: Status, manual: boolean): Entry[] {
    const still = state === 'paused' || state === 'snoozed';
    return [
        ...(still ? [entry('debug-start', 'Resume', 'kireji.resumeSuggestions')] : []),
        ...(state === 'paused' ? [] : [entry('debug-pause', 'Pause', 'kireji.pauseSuggestions', 'until you resume')]),
        ...(still ? [] : [entry('clock', 'Snooze', 'kireji.snoozeSuggestions', 'for some minutes')]),
        manual
            ? entry('zap', 'Suggest while typing', 'kireji.toggleManual', 'now only when asked for')
            : entry('zap', 'Suggest only when asked for', 'kireji.toggleManual', 'now while typing'),
        entry('edit', 'Edit in your own words', 'kireji.editInOwnWords'),
        entry('checklist', 'Change several files', 'kireji.planChange', 'after a plan that you agree to'),
        entry('comment', 'Explain this code', 'kireji.explainCode', 'what is selected, or the function around the cursor'),
        entry('question', 'Explain the last answers', 'kireji.explainLast', 'what was shown or withheld, and why'),
        entry('mail', 'What is sent', 'kireji.showPrompt', 'about the place of the cursor'),
        entry('graph', 'Statistics', 'kireji.showStats', 'what was accepted, what it cost'),
        entry('key', 'Set key', 'kireji.setKey'),
        entry('credit-card', 'Set daily cap', 'kireji.setCap'),
        ...always(),
    ];
}

function withoutServer(): Entry[] {
    return [entry('cloud-download', 'Install the server', 'kireji.installServer', 'into an environment of its own'), ...always()];
}

function always(): Entry[] {
    return [
        entry('debug-restart', 'Start the server again', 'kireji.restart'),
        entry('output', 'Show log', 'kireji.showLog'),
        entry('settings-gear', 'Settings', 'kireji.openSettings'),
        entry('book', 'Get started', 'kireji.getStarted'),
    ];
}

function entry(icon: string, label: string, command: string, description = ''): Entry {
    return { label: `$(${icon}) ${label}`, description, command };
}
