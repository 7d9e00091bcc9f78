import { currentCall } from '@gatehouse/rpc';
import { connectEcho, serveEcho } from './echo-service';
import { observe } from './observed';

const closing: (() => unknown)[] = [];
const gateway = observe('gateway', { trustTraceparent: true });
let seen: ReadonlyMap<string, string>;
let client: ReturnType<typeof connectEcho>;
beforeAll(async () => {
  const user = observe('user');
  const server = await serveEcho(async (message) => {
    seen = currentCall()!.metadata;
    return message;
  }, user);
  client = connectEcho(server.target, gateway);
  closing.push(
    () => gateway.close(),
    () => user.close(),
    () => server.close(),
    () => client.close(),
  );
});
afterAll(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** What a service gets of a request that came to a gateway, which believes its caller, with these headers. */
async function handOn(headers: Readonly<Record<string, string>>) {
  const observation = gateway.http.start({ method: 'GET', path: '/', requestId: 'r', headers });
  await observation.run(() => client.echo('x'));
  observation.end({ status: 200, route: '/' });
  const [version, traceId, spanId, flags] = seen.get('traceparent')!.split('-');
  return { version, traceId, spanId, flags, tracestate: seen.get('tracestate'), baggage: seen.get('baggage'), observation };
}

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

// W3C Trace Context Level 2, §3.2
describe('a traceparent', () => {
  it.each([
    ['that is sampled', `00-${traceId}-${spanId}-01`, '01'],
    ['that is not sampled', `00-${traceId}-${spanId}-00`, '00'],
    ['with a random trace id', `00-${traceId}-${spanId}-03`, '03'],
    ['with a random trace id that is not sampled', `00-${traceId}-${spanId}-02`, '02'],
    ['with flags that nobody knows yet, which are not handed on', `00-${traceId}-${spanId}-fd`, '01'],
    ['with all flags', `00-${traceId}-${spanId}-ff`, '03'],
    ['of a later version, whose other flags are not known', `01-${traceId}-${spanId}-03`, '01'],
    ['of a later version with more to it', `cc-${traceId}-${spanId}-01-what-the-future-will-be-like`, '01'],
    ['of a later version that ends with a dash', `cc-${traceId}-${spanId}-01-`, '01'],
  ])('%s is continued', async (_, traceparent, flags) => {
    expect(await handOn({ traceparent })).toMatchObject({ version: '00', traceId, flags });
  });

  it.each([
    ['of version ff', `ff-${traceId}-${spanId}-01`],
    ['of a version that is no hex', `.0-${traceId}-${spanId}-01`],
    ['of a version of one digit', `0-${traceId}-${spanId}-01`],
    ['of a version of three digits', `000-${traceId}-${spanId}-01`],
    ['of version 00 with more to it', `00-${traceId}-${spanId}-01-what`],
    ['of version 00 that ends with a dash', `00-${traceId}-${spanId}-01-`],
    ['of a later version with more to it, without a dash', `cc-${traceId}-${spanId}-01.what`],
    ['with a trace id of zeroes', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['with a trace id in upper case', `00-${traceId.toUpperCase()}-${spanId}-01`],
    ['with a trace id that is no hex', `00-${traceId.slice(1)}.-${spanId}-01`],
    ['with a trace id that is too long', `00-${traceId}0-${spanId}-01`],
    ['with a trace id that is too short', `00-${traceId.slice(1)}-${spanId}-01`],
    ['with a parent id of zeroes', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['with a parent id in upper case', `00-${traceId}-${spanId.toUpperCase()}-01`],
    ['with a parent id that is too long', `00-${traceId}-${spanId}0-01`],
    ['with a parent id that is too short', `00-${traceId}-${spanId.slice(1)}-01`],
    ['with flags that are no hex', `00-${traceId}-${spanId}-.0`],
    ['with flags of one digit', `00-${traceId}-${spanId}-1`],
    ['with flags of three digits', `00-${traceId}-${spanId}-001`],
    ['without flags', `00-${traceId}-${spanId}`],
    ['that came twice', `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`],
    ['that is empty', ''],
  ])('%s starts a trace anew, with a random id, and its tracestate is not read', async (_, traceparent) => {
    const handed = await handOn({ traceparent, tracestate: 'congo=t61rcWkgMzE' });
    expect(handed.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(handed).not.toMatchObject({ traceId });
    expect(handed).toMatchObject({ version: '00', flags: '02', tracestate: undefined });
  });
});

const count = (members: number, from = 0) => Array.from({ length: members }, (_, index) => `k${index + from}=${index}`).join(',');
const large = (key: string, length: number) => `${key}=${'x'.repeat(length - key.length - 1)}`;

// W3C Trace Context Level 2, §3.3
describe('a tracestate', () => {
  const traceparent = `00-${traceId}-${spanId}-01`;
  it.each([
    ['of one member', 'congo=t61rcWkgMzE', 'congo=t61rcWkgMzE'],
    ['of several, in their order', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE,foo=1', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE,foo=1'],
    ['with spaces and tabs around members', 'foo=1 \t , \t bar=2, \t baz=3', 'foo=1,bar=2,baz=3'],
    ['with members that are empty', 'foo=1,,bar=2, ,', 'foo=1,bar=2'],
    ['with a key of every character', 'a0_-*/@=1', 'a0_-*/@=1'],
    ['with a key that begins with a digit', '0foo=1', '0foo=1'],
    ['with a key of a tenant and a vendor', 'fw529a3039@dt=FfAAAAAI0', 'fw529a3039@dt=FfAAAAAI0'],
    ['with a key of 256 characters', `${'z'.repeat(256)}=1`, `${'z'.repeat(256)}=1`],
    ['with a tenant of 240 characters and a vendor of 15', `${'t'.repeat(240)}@${'v'.repeat(15)}=1`, `${'t'.repeat(240)}@${'v'.repeat(15)}=1`],
    ['with a value of 256 characters', `foo=${'z'.repeat(256)}`, `foo=${'z'.repeat(256)}`],
    ['with spaces inside and before a value', 'foo= a b', 'foo= a b'],
    ['with every character in a value', 'foo=!"#$%&\'()*+-./:;<>?@[\\]^_`{|}~', 'foo=!"#$%&\'()*+-./:;<>?@[\\]^_`{|}~'],
    ['of 32 members', count(32), count(32)],
    [
      'of more than 512 characters, less the members of more than 128, last first',
      [large('a', 200), 'b=1', large('c', 200), large('d', 200)].join(','),
      [large('a', 200), 'b=1', large('c', 200)].join(','),
    ],
    [
      'of more than 512 characters in small members, less the last',
      Array.from({ length: 6 }, (_, index) => large(`k${index}`, 100)).join(','),
      Array.from({ length: 5 }, (_, index) => large(`k${index}`, 100)).join(','),
    ],
  ])('%s is handed on', async (_, tracestate, handedOn) => {
    expect(await handOn({ traceparent, tracestate })).toMatchObject({ traceId, flags: '01', tracestate: handedOn });
  });

  it.each([
    ['of 33 members', count(33)],
    ['with the same key twice', 'foo=1,foo=1'],
    ['with the same key twice and two values', 'foo=1,bar=2,foo=3'],
    ['without a key', '=1'],
    ['without a value', 'foo='],
    ['without an equals sign', 'foo'],
    ['with two equals signs', 'foo=bar=baz'],
    ['with a space before the equals sign', 'foo =1'],
    ['with a key in upper case', 'FOO=1'],
    ['with a dot in a key', 'foo.bar=1'],
    ['with a key that begins with an underscore', '_foo=1'],
    ['with a key that begins with an at sign', '@foo=1'],
    ['with a key of 257 characters', `${'z'.repeat(257)}=1`],
    ['with a value of 257 characters', `foo=${'z'.repeat(257)}`],
    ['with a tab in a value', 'foo=a\tb'],
    ['with a character beyond ASCII in a value', 'foo=ä'],
    ['with one member of several that is wrong', 'foo=1,bar,baz=2'],
    ['that is empty', ''],
  ])('%s is dropped, and its traceparent is not', async (_, tracestate) => {
    expect(await handOn({ traceparent, tracestate })).toMatchObject({ traceId, flags: '01', tracestate: undefined });
  });
});

describe('baggage', () => {
  it('from outside goes no further, be the caller believed or not', async () => {
    expect(await handOn({ traceparent: `00-${traceId}-${spanId}-01`, baggage: 'user=ada' })).toMatchObject({ traceId, baggage: undefined });
  });

  // W3C Baggage, §3.3
  const member = (index: number, bytes: number) => `k${index}=`.padEnd(bytes, 'x');
  const members = (length: number, bytes: number) => Array.from({ length }, (_, index) => member(index, bytes)).join(',');
  it.each([
    ['of one member', 'key=value', 'key=value'],
    ['of several, with their properties, as they are', 'a#b=%C3%A4%20,c=1;p;q=2 ; r = 3,d=', 'a#b=%C3%A4%20,c=1;p;q=2 ; r = 3,d='],
    ['less the members that are none', 'a=1,b c=2,d="3",=4,e,f=5', 'a=1,f=5'],
    ['up to 64 members', members(65, 6), members(64, 6)],
    ['up to 8192 bytes', members(64, 127) + 'y', members(64, 127) + 'y'],
    ['without the members beyond 8192 bytes', members(9, 1_000), members(8, 1_000)],
  ])('%s is handed on from service to service', async (_, baggage, handedOn) => {
    const auth = observe('auth');
    const middle = await serveEcho(async (message) => client.echo('x').then(() => message), auth);
    const caller = connectEcho(middle.target, observe('tool'));
    try {
      await caller.echo('x', { metadata: { baggage } });
      expect(seen.get('baggage')).toBe(handedOn);
    } finally {
      caller.close();
      await middle.close();
      await auth.close();
    }
  });
});

it('an answer tells its trace in the form of a traceparent', async () => {
  const { observation } = await handOn({ traceparent: `00-${traceId}-${spanId}-03` });
  expect(observation.traceresponse).toMatch(new RegExp(`^00-${traceId}-(?!${spanId})[0-9a-f]{16}-03$`));
});
