// The program of a process that tests kill: starts the server of the folder in argv[2] (a temporary one without), says where.
import { startPostgresServer, startTemporaryPostgresServer } from '../src/index';

const dataFolder = process.argv[2];
const starting = dataFolder ? startPostgresServer({ dataFolder, durable: false }) : startTemporaryPostgresServer();
starting.then(
  ({ url, dataFolder: folder }) => console.log(JSON.stringify({ url, dataFolder: folder })),
  (error: Error) => console.log(JSON.stringify({ error: error.message })),
);
setInterval(() => {}, 60_000);
