import { randomBytes, randomUUID } from 'node:crypto';
import { createDevices, newDeviceId } from './devices';

describe('a device token', () => {
  const devices = createDevices([randomBytes(32)]);
  const userId = randomUUID();
  const deviceId = newDeviceId();
  const token = devices.toToken(userId, deviceId);

  it('says which device it is, and of whom, under its own secret alone', () => {
    expect(devices.open(token)).toEqual({ userId, deviceId });
    expect(createDevices([randomBytes(32)]).open(token)).toBeUndefined();
  });

  it('is nothing when it is none, was cut or changed', () => {
    for (const other of ['', 'ghd_', 'nonsense', token.slice(0, -4), `${token.slice(0, 20)}${token[20] === 'A' ? 'B' : 'A'}${token.slice(21)}`])
      expect(devices.open(other)).toBeUndefined();
  });

  it('shows neither person nor device', () => {
    const text = Buffer.from(token.slice(4), 'base64url').toString('hex');
    for (const id of [userId, deviceId]) expect(text).not.toContain(id.replaceAll('-', ''));
  });
});
