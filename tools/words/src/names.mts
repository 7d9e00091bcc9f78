// Prints a digest of the names of all files, an input of the test: a page may name any of them, and what they hold is nothing to it.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { listFiles } from './files.mts';

// a tree without its history holds what was committed, and maybe what npm and Nx laid there
const listTree = () =>
  readdirSync('.', { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => relative('.', join(parentPath, name)));

const names = (existsSync('.git') ? listFiles() : listTree()).filter((file) => !/^(node_modules|\.nx|dist|tmp)(\/|$)/.test(file));
console.log(createHash('sha256').update(names.sort().join('\n')).digest('hex'));
