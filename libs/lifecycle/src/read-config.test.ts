import { z } from 'zod';
import { ConfigError } from './config-error';
import { databaseUrl, host, integer, port, processConfig, secretKey, target, tokenConfig } from './config-types';
import { contradiction, isSameAddress } from './contradiction';
import { readConfig } from './read-config';

const key = Buffer.alloc(32, 7);
const schema = z.object({
  APP_PORT: port.default(50_051).describe('where it listens'),
  APP_HOST: host.default('127.0.0.1'),
  APP_KEY: secretKey.describe('the key of everything'),
  APP_PASSWORD: z.string().min(12).optional(),
  ...processConfig,
});
const problemsOf = (env: NodeJS.ProcessEnv): readonly string[] => {
  try {
    readConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};
const problemOf = (type: z.ZodType, value: string) => {
  const result = type.safeParse(value);
  return result.success ? undefined : result.error.issues[0]!.message;
};

describe('readConfig', () => {
  it('gives typed values, and defaults where a variable is absent or empty', () => {
    expect(readConfig(schema, { APP_KEY: key.toString('base64'), APP_PORT: '8080', APP_HOST: '', SHUTDOWN_GRACE_MS: '250', PATH: '/bin' })).toEqual({
      APP_PORT: 8080,
      APP_HOST: '127.0.0.1',
      APP_KEY: key,
      SHUTDOWN_GRACE_MS: 250,
      SHUTDOWN_TIMEOUT_MS: 10_000,
    });
  });

  it('names every problem at once, with its variable, what it means and what to do', () => {
    expect(problemsOf({ APP_PORT: '70000', APP_HOST: 'localhost:80', APP_KEY: '' })).toEqual([
      'APP_PORT: must be a whole number from 0 to 65535 (where it listens)',
      'APP_HOST: must be an IP address or a host name, without a port',
      'APP_KEY: is required, or APP_KEY_FILE (the key of everything)',
    ]);
  });

  it('never tells a value', () => {
    const problems = problemsOf({ APP_KEY: 'hunter2-key', APP_PASSWORD: 'hunter2' });
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain('openssl rand -base64 32');
    expect(problems.join()).not.toContain('hunter2');
  });

  it('passes on the sentence of a rule that spans several variables', () => {
    const both = z.object({ LOW: integer(0, 9), HIGH: integer(0, 9) }).refine(({ LOW, HIGH }) => LOW < HIGH, 'LOW must be below HIGH');
    expect(() => readConfig(both, { LOW: '5', HIGH: '4' })).toThrow(/^cannot start as configured:\n {2}LOW must be below HIGH$/);
  });
});

describe('rules over several settings', () => {
  const both = z
    .object({ LOW: integer(0, 9), HIGH: integer(0, 9), OTHER: integer(0, 9).default(0) })
    .refine(({ LOW, HIGH }) => LOW < HIGH, contradiction(['LOW', 'HIGH'], 'must be below HIGH'));
  const problemsIn = (env: NodeJS.ProcessEnv) => {
    try {
      return readConfig(both, env) && [];
    } catch (error) {
      return (error as ConfigError).problems;
    }
  };

  it('are asked though another setting is wrong, and not of settings that are wrong themselves', () => {
    expect(problemsIn({ LOW: '5', HIGH: '4', OTHER: 'x' })).toEqual(['OTHER: must be a whole number from 0 to 9', 'LOW: must be below HIGH']);
    expect(problemsIn({ LOW: '5', HIGH: 'x' })).toEqual(['HIGH: must be a whole number from 0 to 9']);
    expect(problemsIn({ LOW: '4', HIGH: '5' })).toEqual([]);
  });

  it('know when two ports are the same', () => {
    const at = (host: string, port: number) => ({ host, port });
    expect(isSameAddress(at('127.0.0.1', 80), at('127.0.0.1', 80))).toBe(true);
    expect(isSameAddress(at('0.0.0.0', 80), at('127.0.0.1', 80))).toBe(true);
    expect(isSameAddress(at('::1', 80), at('::', 80))).toBe(true);
    expect(isSameAddress(at('10.0.0.1', 80), at('127.0.0.1', 80))).toBe(false);
    expect(isSameAddress(at('::', 80), at('::', 81))).toBe(false);
    expect(isSameAddress(at('::', 0), at('::', 0))).toBe(false);
  });
});

describe('the types of settings', () => {
  it('take whole numbers in decimal digits alone', () => {
    for (const good of ['0', '50051', '65535', '007']) expect(problemOf(port, good)).toBeUndefined();
    for (const bad of ['-1', '65536', '1.5', '1e3', '0x10', ' 1', '1 ', 'abc', '99999999999999999999'])
      expect(problemOf(port, bad)).toContain('from 0 to 65535');
    expect(integer(-5, 5).parse('-5')).toBe(-5);
  });

  it('take addresses and host names without a port', () => {
    for (const good of ['127.0.0.1', '::1', '::', '0.0.0.0', 'localhost', 'user.gatehouse.svc', 'user_1']) expect(problemOf(host, good)).toBeUndefined();
    for (const bad of ['127.0.0.1:80', '[::1]', 'http://a', 'a b', 'a..b', '-a', '256.1.1.1', '127.0.0', '1', `${'a'.repeat(64)}.b`])
      expect(problemOf(host, bad)).toBeDefined();
  });

  it('take keys of exactly 32 bytes, all of it base64', () => {
    expect(secretKey.parse(key.toString('base64'))).toEqual(key);
    for (const bad of [key.subarray(1).toString('base64'), Buffer.alloc(33).toString('base64'), key.toString('hex'), `${key.toString('base64')}!`, 'x'])
      expect(problemOf(secretKey, bad)).toBeDefined();
  });

  it('take URLs of PostgreSQL, without showing what is in a wrong one', () => {
    for (const good of ['postgres://127.0.0.1/a', 'postgresql://user:secret@db.internal:5432/gatehouse_user?sslmode=require'])
      expect(problemOf(databaseUrl, good)).toBeUndefined();
    for (const bad of [
      'mysql://user:hunter2@db/a',
      'postgres://user:hunter2@db:port/a',
      'hunter2',
      'postgresql://',
      'postgresql:///x',
      'postgresql://u:%zz@db/a',
      'postgresql://u:p@db/%zz',
      'postgresql://u:p@db:0/a',
      'postgresql://u:p@db:99999/a',
      'postgresql://u:hunter2@db/a\n',
    ]) {
      expect(problemOf(databaseUrl, bad)).toMatch(/^must be postgresql:\/\/user:password@host:port\/database/);
      expect(problemOf(databaseUrl, bad)).not.toContain('hunter2');
    }
    expect(problemOf(databaseUrl, 'postgresql://u:p@db/a?sslmode=bogus')).toContain('sslmode');
    for (const query of ['sslmod=verify-full', 'sslmode=require&sslmode=disable'])
      expect(problemOf(databaseUrl, `postgresql://u:p@db/a?${query}`)).toContain('each once: sslmode');
    expect(problemOf(databaseUrl, 'postgresql://u:p@db/a?sslrootcert=/nowhere')).toContain('certificate file');
  });

  it('take targets with a port', () => {
    for (const good of [
      '127.0.0.1:50052',
      '[::1]:50052',
      'auth.internal:50052',
      'dns:///auth.internal:50052',
      'ipv4:10.0.0.1:50052',
      'ipv6:[::1]:50052',
      'ipv4:///10.0.0.1:50052',
      'ipv4:10.0.0.1:1,10.0.0.2:2',
      'ipv6:[::1]:1,[::2]:2',
    ])
      expect(problemOf(target, good)).toBeUndefined();
    for (const bad of [
      'auth',
      'auth:',
      'auth:http',
      'http://auth:80',
      'a b:1',
      '127.0.0.1:99999',
      'auth:0',
      'foo:///x:1',
      'a:b:c:1',
      '256.0.0.1:1',
      '[127.0.0.1]:1',
      'ipv4:auth:1',
      'ipv4:[::1]:1',
      'ipv6:10.0.0.1:1',
      '::1:1',
      'ipv4:10.0.0.1:1,',
      'ipv4:10.0.0.1:1,auth:1',
      '10.0.0.1:1,10.0.0.2:1',
      'dns:///a:1,b:1',
    ])
      expect(problemOf(target, bad)).toContain('host:port');
  });

  it('take an issuer that is a URL', () => {
    for (const bad of ['nope', ' ', 'ftp://a', 'https://a?b', 'https://a#b', 'https://user:password@a'])
      expect(problemOf(tokenConfig.GATEHOUSE_ISSUER, bad)).toContain('http or https URL');
  });

  it('name the issuer and the audience alike for every service', () => {
    expect(z.object(tokenConfig).parse({})).toMatchObject({ GATEHOUSE_ISSUER: 'http://127.0.0.1:8080', GATEHOUSE_AUDIENCE: 'gatehouse' });
  });
});
