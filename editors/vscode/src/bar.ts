// The item in the status bar: what the server's status is, in words. A click, or Enter, opens the menu.
import { MarkdownString, StatusBarAlignment, ThemeColor, window } from 'vscode';
import type { Disposable, StatusBarItem } from 'vscode';
import type { Shown } from './status';

export class Bar implements Disposable {
    private readonly item: StatusBarItem;

    constructor(command: string) {
        this.item = window.createStatusBarItem('kireji.status', StatusBarAlignment.Right, 100);
        this.item.name = 'Kireji';
        this.item.command = command;
    }

    show({ text, detail, spoken, warns }: Shown): void {
        this.item.text = text;
        this.item.tooltip = new MarkdownString(detail);
        this.item.accessibilityInformation = { label: spoken };
        this.item.backgroundColor = warns ? new ThemeColor('statusBarItem.warningBackground') : undefined;
        this.item.show();
    }

    dispose(): void {
        this.item.dispose();
    }
}
