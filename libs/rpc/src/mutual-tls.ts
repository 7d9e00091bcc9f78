import { ChannelCredentials, ServerCredentials } from '@grpc/grpc-js';
import { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type PeerCertificate, type SecureContext, type SecureContextOptions } from 'node:tls';
import { readSubjectNames } from './subject-names';

/** What a process proves itself with, and whom it believes, as PEM. */
export interface RpcCertificates {
  /** As they are now; the same object until they change. */
  current(): { readonly cert: string; readonly key: string; readonly ca?: string };
  /** Tells of changes; gives what ends that. */
  onChange(listener: () => void): () => void;
}

// Milliseconds.
const handshakeTimeoutMs = 10_000;
// Addresses of a target of which it is kept what was told.
const maxAddresses = 1_000;

// both ends are ours
const toContextOptions = ({ cert, key, ca = '' }: ReturnType<RpcCertificates['current']>): SecureContextOptions => ({ cert, key, ca, minVersion: 'TLSv1.3' });

/**
 * TLS 1.3 in which both sides show a certificate of the CAs. Those that grpc-js makes of a CertificateProvider take TLS 1.2
 * too, and drop connections until a listener was told of the first certificate.
 */
export class MutualTlsServerCredentials extends ServerCredentials {
  readonly close: () => void;

  constructor(certificates: RpcCertificates) {
    super({ requestCert: true, rejectUnauthorized: true, handshakeTimeout: handshakeTimeoutMs }, toContextOptions(certificates.current()));
    // of connections that are there nothing changes: the limit of their age brings them to it
    this.close = certificates.onChange(() => this.updateSecureContextOptions(toContextOptions(certificates.current())));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

type Connector = ReturnType<ChannelCredentials['_createSecureConnector']>;

/** The client's side of it: each new connection shows the certificate of its time, and demands that the server's has the name. */
export class MutualTlsChannelCredentials extends ChannelCredentials {
  // by address: of one target, each server may have its own trouble
  private readonly told = new Map<string, string>();
  private made: { readonly of: object; readonly context: SecureContext } | undefined;

  /**
   * @param host of the target, which goes to the server as SNI unless it is an address
   * @param name which the server's certificate must have: a DNS name, an IP address or a URI
   * @param onFailure is told why a handshake failed, unless the last with that address failed for the same reason
   */
  constructor(
    private readonly certificates: RpcCertificates,
    private readonly host: string,
    private readonly name: string = host,
    private readonly onFailure: (reason: string) => void = () => {},
  ) {
    super();
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(...[target, options, callCredentials]: Parameters<ChannelCredentials['_createSecureConnector']>): Connector {
    // all but the handshake is theirs
    const plain = ChannelCredentials.createInsecure()._createSecureConnector(target, options, callCredentials);
    return {
      connect: async (socket) => ({ socket: await this.handshake(socket), secure: true }),
      waitForReady: () => plain.waitForReady(),
      getCallCredentials: () => plain.getCallCredentials(),
      destroy: () => plain.destroy(),
    };
  }

  private context(): SecureContext {
    const current = this.certificates.current();
    if (this.made?.of !== current) this.made = { of: current, context: createSecureContext(toContextOptions(current)) };
    return this.made.context;
  }

  private tell(address: string, error: Error): void {
    const reason = toReason(error);
    if (this.told.get(address) === reason) return;
    if (this.told.size >= maxAddresses) this.told.clear();
    this.told.set(address, reason);
    this.onFailure(reason);
  }

  private handshake(socket: Socket): Promise<Socket> {
    const address = `${socket.remoteAddress}:${socket.remotePort}`;
    return new Promise((resolve, refuse) => {
      let isTold = false;
      const reject = (error: Error) => {
        // what ends with an error closes too
        if (!isTold) this.tell(address, error);
        isTold = true;
        refuse(error);
      };
      const secure = connect({
        socket,
        secureContext: this.context(),
        ALPNProtocols: ['h2'],
        host: this.host,
        // NODE_TLS_REJECT_UNAUTHORIZED would say otherwise
        rejectUnauthorized: true,
        // RFC 6066 §3
        ...(isIP(this.host) ? {} : { servername: this.host }),
        checkServerIdentity: (_host, certificate) => checkName(certificate, this.name),
      });
      let isThrough = false;
      let isTaken = false;
      // in TLS 1.3 a server refuses a certificate after the client is through; Node tells of its alert or of the end alone
      const onError = (error: Error) => {
        if (!isTaken)
          reject(
            isThrough
              ? new HandshakeError('the server ended the connection after the handshake, as one does that refuses the certificate of this process')
              : error,
          );
      };
      const onEnd = () => onError(new HandshakeError('the connection ended in the TLS handshake'));
      // kept: between the handshake and HTTP/2 nobody else listens
      secure.on('error', onError).once('close', onEnd);
      // RFC 8446 §4.6.1: tickets come once the server has taken the certificate
      secure.once('session', () => {
        isTaken = true;
        this.told.delete(address);
      });
      secure.setTimeout(handshakeTimeoutMs, () => secure.destroy(new HandshakeError('the TLS handshake took too long')));
      secure.once('secureConnect', () => {
        isThrough = true;
        secure.setTimeout(0);
        if (secure.alpnProtocol === 'h2') return resolve(secure);
        secure.destroy();
        reject(new HandshakeError('the server does not speak HTTP/2'));
      });
    });
  }
}

/** A failure in words of our own. */
class HandshakeError extends Error {}

/** What may be told of it: a text of others may quote what a certificate says. */
const toReason = (error: NodeJS.ErrnoException): string => (error instanceof HandshakeError ? error.message : (error.code ?? 'unknown'));

/** RFC 9525: names of the subjectAltName alone, without wildcards. */
function checkName({ raw }: PeerCertificate, name: string): Error | undefined {
  const certificate = new X509Certificate(raw);
  const isNamed = name.includes('://')
    ? readSubjectNames(certificate.subjectAltName).includes(name)
    : isIP(name)
      ? certificate.checkIP(name) !== undefined
      : certificate.checkHost(name, { subject: 'never', wildcards: false }) !== undefined;
  return isNamed ? undefined : new HandshakeError(`the certificate of the server does not name ${name}`);
}
