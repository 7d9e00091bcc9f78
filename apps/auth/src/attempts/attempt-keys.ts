import ipaddr from 'ipaddr.js';
import { createHmac, type KeyObject } from 'node:crypto';
import type { LimitName } from './settings';

/** The key under which something is counted: an HMAC, so that neither emails nor addresses are kept. */
export type ToAttemptKey = (limit: LimitName | 'flood', ...parts: readonly string[]) => Buffer;

/** @param secret for this alone */
export function createAttemptKeys(secret: KeyObject): ToAttemptKey {
  return (limit, ...parts) =>
    createHmac('sha256', secret)
      .update(JSON.stringify([limit, ...parts]))
      .digest()
      .subarray(0, 16);
}

/** An email as `user` compares them: one that its rule lets pass is ASCII. */
export const toAccount = (email: string): string => email.toLowerCase();

/** The part of an address that one client has: of IPv6 the first 64 bits. What is no address stands for itself. */
export const toClientNetwork = (address: string): string => toNetwork(address, 32, 64);

/** What one organisation has at the least: of IPv4 the first 24 bits, of IPv6 48. */
export const toWideNetwork = (address: string): string => toNetwork(address, 24, 48);

function toNetwork(address: string, bits4: number, bits6: number): string {
  if (!ipaddr.isValid(address)) return address;
  // an IPv4 address that came over an IPv6 socket is one of IPv4
  const parsed = ipaddr.process(address);
  const bits = parsed.kind() === 'ipv4' ? bits4 : bits6;
  return `${Buffer.from(parsed.toByteArray().slice(0, bits / 8)).toString('hex')}/${bits}`;
}
