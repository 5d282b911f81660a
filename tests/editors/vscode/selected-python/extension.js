// What an extension is answered that asks the Python extension which interpreter is selected: the one of a setting. It has not
// started as long as another setting keeps it from it.
const { Uri, workspace } = require('vscode');

const SETTING = 'python.defaultInterpreterPath';
const LATE = 'python.startsLate';

exports.activate = async () => {
    await started();
    return {
        environments: {
            getActiveEnvironmentPath: (resource) => ({ path: workspace.getConfiguration('', resource).get(SETTING) }),
            resolveEnvironment: async ({ path }) => (path === '' ? undefined : { executable: { uri: Uri.file(path) } }),
            onDidChangeActiveEnvironmentPath: (listener) =>
                workspace.onDidChangeConfiguration((event) => event.affectsConfiguration(SETTING) && listener()),
        },
    };
};

function started() {
    return new Promise((resolve) => {
        const look = () => workspace.getConfiguration().get(LATE) || resolve();
        workspace.onDidChangeConfiguration(look);
        look();
    });
}
