// Stands in for the editor's log on disk, a native module that the set-up does not compile: so output channels have a text, as a
// person's have. Knows levels and lines; no files that rotate.
const fs = require('node:fs');
const path = require('node:path');

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'critical'];

class Logger {
    constructor(kind, name, file) {
        this.file = file;
        this.level = LEVELS.indexOf('info');
        this.plain = false;
        fs.mkdirSync(path.dirname(file), { recursive: true });
    }

    getLevel() {
        return this.level;
    }

    setLevel(level) {
        this.level = level;
    }

    setPattern() {}

    clearFormatters() {
        this.plain = true;
    }

    flush() {}

    drop() {}

    write(level, text) {
        if (level >= this.level) {
            fs.appendFileSync(this.file, this.plain ? text : `${new Date().toISOString()} [${LEVELS[level]}] ${text}\n`);
        }
    }
}
LEVELS.forEach((name, level) => {
    Logger.prototype[name] = function (text) {
        this.write(level, text);
    };
});

exports.Logger = Logger;
exports.setLevel = () => undefined;
exports.setFlushOn = () => undefined;
exports.createRotatingLogger = async (name, file) => new Logger('rotating', name, file);
exports.createAsyncRotatingLogger = async (name, file) => new Logger('rotating_async', name, file);
