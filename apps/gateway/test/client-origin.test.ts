import type { IncomingHttpHeaders } from 'node:http';
import { createClientReader } from '../src/edge/client-origin';
import { edgeSettings } from '../src/edge/edge-settings';

const proxies = edgeSettings.TRUSTED_PROXIES.parse('10.0.0.0/8, 192.0.2.7, fd00::/8');
const read = (remoteAddress: string, headers: IncomingHttpHeaders, header: 'x-forwarded-for' | 'forwarded' = 'x-forwarded-for', trusted = proxies) =>
  createClientReader({ proxies: trusted, header })({ headers, socket: { remoteAddress } });
const addressOf = (...parameters: Parameters<typeof read>) => read(...parameters).address;

describe('X-Forwarded-For', () => {
  it.each([
    ['from a stranger is passed over', '203.0.113.9', '1.2.3.4', '203.0.113.9'],
    ['of a proxy is believed', '10.0.0.1', '1.2.3.4', '1.2.3.4'],
    ['of a proxy that came over IPv6 sockets is believed', '::ffff:10.0.0.1', '1.2.3.4', '1.2.3.4'],
    ['of an IPv6 proxy is believed', 'fd00::1', '2001:db8::1', '2001:db8::1'],
    ['is read from the right: what the client wrote itself stands left', '10.0.0.1', '6.6.6.6, 1.2.3.4', '1.2.3.4'],
    ['is read past every proxy that is ours', '10.0.0.1', '6.6.6.6, 1.2.3.4, 192.0.2.7, 10.9.9.9', '1.2.3.4'],
    ['cannot feign a proxy of ours to be read further', '10.0.0.1', '6.6.6.6, 10.1.1.1, 1.2.3.4', '1.2.3.4'],
    ['gives the left-most where all are ours', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['may have ports', '10.0.0.1', '1.2.3.4:5678', '1.2.3.4'],
    ['may have brackets', '10.0.0.1', '[2001:db8::1]:443', '2001:db8::1'],
    ['of rubbish ends with the proxy that wrote it', '10.0.0.1', '1.2.3.4, unknown', '10.0.0.1'],
    ['that is empty says nothing', '10.0.0.1', '', '10.0.0.1'],
  ])('%s', (_name, peer, header, address) => {
    expect(addressOf(peer, { 'x-forwarded-for': header })).toBe(address);
  });

  it('is believed of nobody where no proxy is trusted', () => {
    const reader = createClientReader({ header: 'x-forwarded-for' });
    expect(reader({ headers: { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'https' }, socket: { remoteAddress: '127.0.0.1' } })).toEqual({
      address: '127.0.0.1',
      isSecure: false,
    });
  });

  it('brings the scheme along, believed of the same proxies', () => {
    expect(read('10.0.0.1', { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'https' }).isSecure).toBe(true);
    expect(read('10.0.0.1', { 'x-forwarded-for': '6.6.6.6, 1.2.3.4', 'x-forwarded-proto': 'https, http' }).isSecure).toBe(false);
    expect(read('203.0.113.9', { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'https' }).isSecure).toBe(false);
  });
});

describe('Forwarded', () => {
  it.each([
    ['for=1.2.3.4;proto=https', '1.2.3.4', true],
    ['for=6.6.6.6, for=1.2.3.4;proto=http;by=10.0.0.1', '1.2.3.4', false],
    ['For="[2001:db8:cafe::17]:4711";Proto=HTTPS', '2001:db8:cafe::17', true],
    ['for="1.2.3.4:80"', '1.2.3.4', false],
    ['for="6.6.6.6, for=6.6.6.7", for=1.2.3.4', '1.2.3.4', false],
    ['for=_hidden', '10.0.0.1', false],
    ['nonsense', '10.0.0.1', false],
    ['for=6.6.6.6, @, for=1.2.3.4', '1.2.3.4', false],
    ['for="6.6.6.6, for=1.2.3.4', '1.2.3.4', false],
    ['for=6.6.6.6, ', '10.0.0.1', false],
  ])('%s is read as RFC 7239 has it', (header, address, isSecure) => {
    expect(read('10.0.0.1', { forwarded: header }, 'forwarded')).toEqual({ address, isSecure });
  });

  it('and X-Forwarded-For: the one that the proxies do not write is passed over', () => {
    expect(addressOf('10.0.0.1', { forwarded: 'for=1.2.3.4', 'x-forwarded-for': '6.6.6.6' }, 'forwarded')).toBe('1.2.3.4');
    expect(addressOf('10.0.0.1', { forwarded: 'for=6.6.6.6', 'x-forwarded-for': '1.2.3.4' })).toBe('1.2.3.4');
  });
});

it.each(['10.0.0.0/33', '10.0.0', 'fd00::/129', 'proxy.example', '10.0.0.1,', '10.0.0.0/8/8', '0.0.0.0/-1'])('"%s" is no list of networks', (text) => {
  expect(edgeSettings.TRUSTED_PROXIES.safeParse(text).success).toBe(false);
});
