import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { secretKey } from './config-types';
import { readConfig } from './read-config';

const password = 'hunter2 hunter2';
const schema = z.object({
  APP_NAME: z.string().default('app'),
  APP_KEY: secretKey.optional(),
  APP_PASSWORD: z.string().max(100).describe('who knows it is let in').meta({ secret: true }),
});
let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'gatehouse secrets '))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileWith(content: string | Buffer): string {
  const path = join(folder, `${Math.random()}`);
  writeFileSync(path, content);
  return path;
}
const read = (env: NodeJS.ProcessEnv) => readConfig(schema, env);
const problemOf = (env: NodeJS.ProcessEnv) => {
  try {
    return `accepted ${JSON.stringify(read(env))}`;
  } catch (error) {
    return (error as Error).message.replace('cannot start as configured:\n  ', '');
  }
};

describe('a secret in a file', () => {
  it.each([
    ['as it is', password],
    ['without the line break at its end', `${password}\n`],
    ['without that of other systems', `${password}\r\n`],
  ])('is read %s', (_, content) => {
    expect(read({ APP_PASSWORD_FILE: fileWith(content) })).toEqual({ APP_NAME: 'app', APP_PASSWORD: password });
  });

  it('keeps every other space, and all but the last line break', () => {
    expect(read({ APP_PASSWORD_FILE: fileWith(` ${password}\n\n`) }).APP_PASSWORD).toBe(` ${password}\n`);
  });

  it('is found behind links, which is how Kubernetes mounts it', () => {
    const link = join(folder, 'link');
    symlinkSync(fileWith(password), link);
    expect(read({ APP_PASSWORD_FILE: link }).APP_PASSWORD).toBe(password);
  });

  it('stands in place of the variable, not beside it', () => {
    const path = fileWith(password);
    expect(problemOf({ APP_PASSWORD_FILE: path, APP_PASSWORD: password })).toBe('APP_PASSWORD_FILE: must not be set together with APP_PASSWORD');
    expect(read({ APP_PASSWORD_FILE: path, APP_PASSWORD: '' }).APP_PASSWORD).toBe(password);
    expect(read({ APP_PASSWORD_FILE: '', APP_PASSWORD: password }).APP_PASSWORD).toBe(password);
  });

  it('may be as long as 64 KiB', () => {
    const wide = z.object({ APP_PASSWORD: z.string().meta({ secret: true }) });
    expect(readConfig(wide, { APP_PASSWORD_FILE: fileWith('x'.repeat(65_536)) }).APP_PASSWORD).toHaveLength(65_536);
  });
});

describe('a file that cannot be used', () => {
  const pathOf: Record<string, () => string> = {
    'there is no file PATH': () => join(folder, 'missing'),
    'PATH is empty': () => fileWith(''),
    'PATH has more than 65536 bytes': () => fileWith('hunter2'.repeat(10_000)),
    'PATH is no text in UTF-8': () => fileWith(Buffer.from([0x68, 0xff])),
    'PATH is no text': () => fileWith('hunter2\0'),
    'PATH is no regular file': () => {
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      return pipe;
    },
    'PATH cannot be read (ENOTDIR)': () => join(fileWith('x'), 'below'),
  };
  it.each(Object.entries(pathOf))('is told: %s', (problem, make) => {
    const path = make();
    const told = problemOf({ APP_PASSWORD_FILE: path });
    expect(told).toBe(`APP_PASSWORD_FILE: ${problem.replace('PATH', path)}`);
    expect(told).not.toContain('hunter2');
  });

  it('is told when it has a line break and no more, or is a folder', () => {
    const [blank, sub] = [fileWith('\n'), join(folder, 'sub')];
    mkdirSync(sub);
    expect(problemOf({ APP_PASSWORD_FILE: blank })).toBe(`APP_PASSWORD_FILE: ${blank} is empty`);
    expect(problemOf({ APP_PASSWORD_FILE: sub })).toBe(`APP_PASSWORD_FILE: ${sub} is no regular file`);
  });

  it('is told when this account may not read it', () => {
    const path = fileWith(password);
    chmodSync(path, 0o600);
    chmodSync(folder, 0o711);
    // root may read everything
    const isRoot = process.geteuid!() === 0;
    if (isRoot) process.seteuid!(65_534);
    else chmodSync(path, 0);
    try {
      expect(problemOf({ APP_PASSWORD_FILE: path })).toBe(`APP_PASSWORD_FILE: this account may not read ${path}`);
    } finally {
      if (isRoot) process.seteuid!(0);
    }
  });

  it('is told without its path where that may be the secret itself', () => {
    for (const value of [password, '/9j4AAQSkZJRgABAQEASABIAAD2wBDAAgGBgcGBQ0hunter=', 'secrets/password'])
      expect(problemOf({ APP_PASSWORD_FILE: value })).toBe('APP_PASSWORD_FILE: must be the absolute path of a file');
  });

  it('is told together with every other problem', () => {
    expect(problemOf({ APP_PASSWORD_FILE: '/nowhere/password', APP_KEY_FILE: fileWith('hunter2') }).split('\n  ')).toEqual([
      'APP_PASSWORD_FILE: there is no file /nowhere/password',
      expect.stringMatching(/^APP_KEY: must be 32 bytes in base64.*; it was read from \//),
    ]);
  });
});

it('is for secrets alone', () => {
  expect(read({ APP_NAME_FILE: fileWith('other'), APP_PASSWORD: password })).toEqual({ APP_NAME: 'app', APP_PASSWORD: password });
});

it('is named where a secret is missing', () => {
  expect(problemOf({})).toBe('APP_PASSWORD: is required, or APP_PASSWORD_FILE (who knows it is let in)');
});
