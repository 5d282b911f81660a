// What an extension is answered that asks the Python extension which interpreter is selected: the one of the setting.
const { Uri, workspace } = require('vscode');

const SETTING = 'python.defaultInterpreterPath';

exports.activate = () => ({
    environments: {
        getActiveEnvironmentPath: (resource) => ({ path: workspace.getConfiguration('', resource).get(SETTING) }),
        resolveEnvironment: async ({ path }) => (path === '' ? undefined : { executable: { uri: Uri.file(path) } }),
        onDidChangeActiveEnvironmentPath: (listener) =>
            workspace.onDidChangeConfiguration((event) => event.affectsConfiguration(SETTING) && listener()),
    },
});
