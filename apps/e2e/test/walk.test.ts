import { testWalk } from './support/walk';

testWalk(async () => ({ order: ['gateway', 'auth', 'user'] }));
