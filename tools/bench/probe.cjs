// Loaded into a measured process ahead of its own code: tells the bench, when asked, how much CPU time the process has used,
// which other programs on the machine change far less than they change how long things take.
process.on('message', ({ ask }) => {
  if (ask !== 'cpu') return;
  const { user, system } = process.cpuUsage();
  process.send({ cpuMicros: user + system });
});
// a bench that was killed leaves nobody behind
process.on('disconnect', () => process.exit(1));
