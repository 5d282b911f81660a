// The key of the model service, in the editor's own safe. It reaches the server by its environment and no file.
import type { ExtensionContext } from 'vscode';

const NAME = 'kireji.apiKey';

export class Keys {
    constructor(private readonly secrets: ExtensionContext['secrets']) {}

    /** The key, if a person has given one. */
    async get(): Promise<string | undefined> {
        return (await this.secrets.get(NAME)) || undefined;
    }

    async set(key: string): Promise<void> {
        await this.secrets.store(NAME, key);
    }

    async clear(): Promise<void> {
        await this.secrets.delete(NAME);
    }

    /** Has `told` called when it was changed, in this window or another. */
    whenChanged(told: () => void): { dispose(): unknown } {
        return this.secrets.onDidChange(({ key }) => {
            if (key === NAME) {
                told();
            }
        });
    }
}
