import { ConfigError } from './config-error';

const sentences: Readonly<Record<string, (port: string, setting: string) => string>> = {
  EADDRINUSE: (port, setting) => `${setting} port ${port} is taken: stop what listens there, or set ${setting} to a free one`,
  EACCES: (port, setting) => `${setting} port ${port} is not open to this account: set ${setting} to one above 1023`,
};

/**
 * Listens; says which setting to change when the port cannot be had.
 * @param setting the variable that the port comes from
 * @throws ConfigError that names port and setting; any other error as it is
 */
export async function withPortSetting<T>(setting: string, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    const { code, port } = error as { code?: string; port?: number };
    const sentence = code === undefined ? undefined : sentences[code];
    throw sentence ? new ConfigError([sentence(String(port ?? ''), setting)], error) : error;
  }
}
