// The entry point: puts the parts together and binds commands to them. Suggestions, lists and code actions come from the
// server by the Language Server Protocol; what is here is what the protocol has no word for.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ConfigurationTarget, commands, window, workspace } from 'vscode';
import type { ExtensionContext } from 'vscode';
import { Bar } from './bar';
import { Created } from './created';
import { page, worthTelling } from './explain';
import type { Explanation } from './explain';
import { install, NotInstalled } from './install';
import { Keys } from './keys';
import { menu } from './menu';
import { Notices } from './notices';
import { Pages } from './pages';
import { Parts } from './partial';
import { selectedPython, whenSelected } from './python';
import { Session } from './session';
import type { View } from './session';
import { SECTION, restarting } from './settings';
import { absent, shown } from './status';
import type { Status } from './status';
import { edit, plan } from './wishes';

const EXPLAINED = 10;
const ASKED = 100;
const SAMPLE = '"""Go to the end of the last line and type on."""\n\n\ndef area(width: float, height: float) -> float:\n    """The area of a rectangle."""\n    ';
const MENU = 'kireji.showMenu';
const AUTOMATIC = 'completion.automatic';
const CAP = 'money.dailyCapUsd';

let session: Session | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
    const output = window.createOutputChannel('Kireji', { log: true });
    const keys = new Keys(context.secrets);
    const parts = new Parts();
    const created = new Created();
    const pages = new Pages();
    const bar = new Bar(MENU);
    const notices = new Notices(context.globalState);
    let last: Status | undefined;
    const view: View = {
        status: (status) => {
            last = status;
            bar.show(shown(status));
            notices.about(status);
        },
        text: ({ title, text, language }) => void pages.show(title.replace(/^Kireji: /, ''), text, language),
        absent: (why, detail) => {
            last = undefined;
            bar.show(absent(why));
            notices.absent(why, detail);
        },
    };
    const here = new Session(context, output, keys, parts, created, view);
    session = here;

    const restart = (): Promise<void> => {
        notices.forget();
        return here.restart();
    };
    /** Hears of other interpreters, where the workspace is trusted: elsewhere none is selected. */
    const listen = async (): Promise<void> => {
        context.subscriptions.push(await whenSelected(() => void restart()));
    };
    const installServer = async (): Promise<void> => {
        const selected = await selectedPython();
        bar.show(absent('installing'));
        await here.without(async () => {
            try {
                await install(context, output, selected);
                notices.forget();
            } catch (error) {
                if (!(error instanceof NotInstalled)) {
                    throw error;
                }
                void offerLog(`Kireji’s server could not be installed: ${error.message}.`);
            }
        });
    };
    const setKey = async (): Promise<void> => {
        const key = await window.showInputBox({
            title: 'Kireji: key of the model service',
            prompt: 'It is kept in the editor’s safe and handed to the server; empty takes it out.',
            password: true,
            ignoreFocusOut: true,
            validateInput: (text) => (/^\S*$/.test(text.trim()) ? undefined : 'A key has no spaces in it.'),
        });
        if (key !== undefined) {
            await (key.trim() === '' ? keys.clear() : keys.set(key.trim()));
        }
    };
    const setCap = async (): Promise<void> => {
        const cap = await window.showInputBox({
            title: 'Kireji: the most that may be spent in one day',
            prompt: 'Dollars, for all editors on this machine together.',
            value: String(last?.dailyCap ?? ''),
            ignoreFocusOut: true,
            validateInput: (text) => (Number(text) >= 0 && text.trim() !== '' ? undefined : 'A number of dollars, 0 or more.'),
        });
        if (cap !== undefined) {
            await workspace.getConfiguration(SECTION).update(CAP, Number(cap), ConfigurationTarget.Global);
        }
    };
    const snooze = async (): Promise<void> => {
        const minutes = await window.showQuickPick(['5', '15', '30', '60'].map((label) => ({ label, description: 'minutes' })), {
            title: 'Kireji: be quiet for',
        });
        if (minutes !== undefined) {
            await here.ask('kireji.snooze', Number(minutes.label));
        }
    };
    const manual = (): boolean => workspace.getConfiguration(SECTION).get(AUTOMATIC) === false;
    const toggleManual = (): Thenable<void> =>
        workspace.getConfiguration(SECTION).update(AUTOMATIC, manual() ? undefined : false, ConfigurationTarget.Global);
    const explain = async (): Promise<void> => {
        const answers = await here.ask<Explanation[]>('kireji.explain', ASKED);
        if (answers === undefined || answers.length === 0) {
            void window.showInformationMessage('Kireji has not been asked anything yet in this window.');
            return;
        }
        await pages.show('explained', page(worthTelling(answers, EXPLAINED)), 'markdown');
    };
    const prompt = async (): Promise<void> => {
        const editor = window.activeTextEditor;
        const place = editor && { uri: editor.document.uri.toString(), position: editor.selection.active };
        const text = place && (await here.ask<string | null>('kireji.prompt', place));
        if (text) {
            await pages.show('what is sent', text, 'markdown');
        } else {
            void window.showInformationMessage('Put the cursor where you want to know it, in a file that Kireji knows.');
        }
    };
    const stats = async (): Promise<void> => {
        const { found, environment } = await here.found();
        if (found === undefined) {
            return restart();
        }
        try {
            const options = { env: { ...process.env, ...environment }, cwd: context.globalStorageUri.fsPath };
            const { stdout } = await promisify(execFile)(found.program, ['stats'], options);
            await pages.show('statistics', stdout, 'plaintext');
        } catch (error) {
            output.error(String(error));
            void offerLog('Kireji’s statistics could not be read.');
        }
    };
    const getStarted = async (): Promise<void> => {
        await commands.executeCommand('workbench.action.openWalkthrough', 'kireji.kireji#start');
        // Only what changes from now on ticks a step off: what was there before the steps were known is said anew.
        await commands.executeCommand('setContext', 'kireji.serverIsThere', last !== undefined);
        await commands.executeCommand('setContext', 'kireji.keyIsThere', last !== undefined && last.provider !== 'local');
    };
    const offerLog = async (text: string): Promise<void> => {
        if ((await window.showErrorMessage(text, 'Show Log')) !== undefined) {
            output.show();
        }
    };

    const bound: Readonly<Record<string, () => unknown>> = {
        [MENU]: () => menu(last, manual(), 'Kireji'),
        'kireji.pauseSuggestions': () => here.ask('kireji.pause'),
        'kireji.resumeSuggestions': () => here.ask('kireji.resume'),
        'kireji.snoozeSuggestions': snooze,
        'kireji.toggleManual': toggleManual,
        'kireji.editInOwnWords': () => edit(here),
        'kireji.planChange': () => plan(here),
        // The editor lists it under *Source Action…*, where few would look for it.
        'kireji.explainCode': () => commands.executeCommand('editor.action.sourceAction', { kind: 'source.explain', apply: 'first' }),
        'kireji.explainLast': explain,
        'kireji.showPrompt': prompt,
        'kireji.showStats': stats,
        'kireji.setKey': setKey,
        'kireji.setCap': setCap,
        'kireji.restart': restart,
        'kireji.installServer': installServer,
        'kireji.showLog': () => output.show(),
        'kireji.openSettings': () => commands.executeCommand('workbench.action.openSettings', '@ext:kireji.kireji'),
        'kireji.getStarted': getStarted,
        'kireji.acceptWord': () => parts.accept('word'),
        'kireji.acceptLine': () => parts.accept('line'),
        'kireji.dismissSuggestion': () => parts.dismiss(),
        'kireji.tryIt': async () => window.showTextDocument(await workspace.openTextDocument({ language: 'python', content: SAMPLE })),
    };
    context.subscriptions.push(
        output,
        created,
        pages,
        bar,
        ...Object.entries(bound).map(([name, run]) => commands.registerCommand(name, run)),
        keys.whenChanged(() => void restart()),
        workspace.onDidChangeConfiguration((event) => {
            if (restarting().some((key) => event.affectsConfiguration(key))) {
                void restart();
            }
        }),
        workspace.onDidGrantWorkspaceTrust(() => {
            void listen();
            void restart();
        }),
        { dispose: () => void here.dispose() },
    );
    // First of all: another interpreter may be selected while the server of the former is started.
    void listen();
    await restart();
}

export async function deactivate(): Promise<void> {
    await session?.dispose();
}
