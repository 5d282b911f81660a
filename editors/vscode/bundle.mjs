// Makes dist/extension.js, and LICENSES.txt: the licences of all packages whose code is in it.
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const { metafile } = await build({
    entryPoints: ['src/extension.ts'],
    outfile: 'dist/extension.js',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['vscode'],
    minify: true,
    metafile: true,
    logLevel: 'warning',
});
const folders = Object.keys(metafile.inputs).flatMap((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
const texts = await Promise.all([...new Set(folders)].sort().map(licence));
await writeFile('dist/LICENSES.txt', texts.join('\n\n'));

async function licence(folder) {
    const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) {
        throw new Error(`${folder} has no licence to pack`);
    }
    return `===== ${name} ${version} (${license})\n\n${(await readFile(`${folder}/${file}`, 'utf8')).trim()}\n`;
}
