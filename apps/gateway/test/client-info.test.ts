import { clientOf } from '@gatehouse/access';
import { type GatewayUnderTest, startGateway } from './gateway-under-test';
import WebSocket from 'ws';

const forged = { 'gatehouse-client-address': '6.6.6.6', 'gatehouse-client-user-agent': 'forged' };
let gateway: GatewayUnderTest;
beforeAll(async () => (gateway = await startGateway({ TRUSTED_PROXIES: '127.0.0.1', GATEWAY_REQUEST_HEADERS: 'x-passed-on' })));
beforeEach(() => gateway.upstreams.calls.splice(0));
afterAll(() => gateway.close());

/** What a service is told of the client of a request with these headers. */
async function told(headers: Record<string, string>, by = gateway) {
  await fetch(`${by.url}/v1/auth/login`, {
    method: 'POST',
    body: '{"email":"ada@example.com","password":"x"}',
    headers: { 'content-type': 'application/json', ...headers },
  });
  return clientOf(by.upstreams.calls.at(-1)!.call);
}

describe('a service is told', () => {
  it('the address before the proxies that are trusted, and what the client calls itself', async () => {
    expect(await told({ 'x-forwarded-for': '6.6.6.6, 203.0.113.7', 'user-agent': 'Firefox' })).toEqual({ address: '203.0.113.7', userAgent: 'Firefox' });
    expect(await told({ 'x-forwarded-for': '2001:db8::7', 'user-agent': '' })).toEqual({ address: '2001:db8::7', userAgent: '' });
  });

  it('the address of who connects, where no proxy is trusted', async () => {
    const alone = await startGateway();
    expect((await told({ 'x-forwarded-for': '203.0.113.7' }, alone)).address).toBe('127.0.0.1');
    await alone.close();
  });

  it('nothing that a client says by the names of what the gateway tells', async () => {
    expect(await told({ ...forged, 'x-passed-on': 'yes', 'user-agent': 'Firefox' })).toEqual({ address: '127.0.0.1', userAgent: 'Firefox' });
    const { metadata } = gateway.upstreams.calls.at(-1)!.call;
    expect(metadata.get('x-passed-on')).toBe('yes');
  });

  it('no more of a name than 256 characters, and no character that a log or a page could be broken by', async () => {
    const { userAgent } = await told({ 'user-agent': `Fire\tfox \u00e9${'x'.repeat(500)}` });
    expect(userAgent).toMatch(/^Fire\?fox \?x+$/);
    expect(userAgent).toHaveLength(256);
  });

  it('the same over a WebSocket', async () => {
    const token = await gateway.upstreams.issuer.accessToken({ id: '018f0000-0000-7000-8000-000000000001', permissions: ['users.import'] });
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.app.httpPort}/v1/users:import`, ['json', `bearer.${token}`], {
      headers: { ...forged, 'x-forwarded-for': '6.6.6.6, 203.0.113.8', 'user-agent': 'Socket' },
    });
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    socket.send('');
    await new Promise((resolve) => socket.on('close', resolve));
    expect(clientOf(gateway.upstreams.calls.at(-1)!.call)).toEqual({ address: '203.0.113.8', userAgent: 'Socket' });
  });
});

it.each(Object.keys(forged))('%s cannot be made to be passed on by a setting', async (name) => {
  await expect(startGateway({ GATEWAY_REQUEST_HEADERS: name })).rejects.toThrow(name);
});
