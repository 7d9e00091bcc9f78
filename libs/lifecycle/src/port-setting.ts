import { ConfigError } from './config-error';

const sentences: Readonly<Record<string, (port: string) => string>> = {
  EADDRINUSE: (port) => `port ${port} is taken; stop what listens there, or set a free one`,
  EACCES: (port) => `port ${port} is not open to this account; set one above 1023`,
  EADDRNOTAVAIL: () => 'the host that is set with it is no address of this machine',
  ENOTFOUND: () => 'the host that is set with it has no address',
};

/**
 * Listens; where that fails, says which setting to change.
 * @param setting the variable that holds the port
 * @param listen fails with an error that has `code` and `port`, as those of node:net and of libs/rpc have
 * @throws ConfigError that names port and setting; any other error as it is
 */
export async function withPortSetting<T>(setting: string, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    const { code = '', port = '' } = error as { code?: string; port?: number };
    const sentence = sentences[code];
    throw sentence ? new ConfigError([`${setting}: ${sentence(String(port))}`], error) : error;
  }
}
