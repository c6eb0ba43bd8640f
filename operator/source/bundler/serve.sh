#!/bin/sh
# Compiles functions, each in a process of its own under limits:  sh serve.sh <folder> <node> <program>
#
# Jobs are read line by line, a name and the seconds of processor time for each of its processes: from the pipe
# <folder>/jobs, or from standard input where CATNAP_BUNDLER_STDIN is set. Of each job <name>.job is the program's input;
# <name>.out and <name>.err are what it says; <name>.end is written last: its exit code, then the times of the shell and of
# what it started. A job whose <name>.job is removed ends by itself, and leaves nothing. This shell itself does nothing but
# wait, so whatever a job meets, the next one finds it here.
#
# CATNAP_BUNDLER_CPU_SECONDS    most processor time that a job may ask for
# CATNAP_BUNDLER_WALL_SECONDS   time that a job may take
# CATNAP_BUNDLER_MEMORY_KIB     memory of all that runs here: a job is ended before the kernel ends the container
# CATNAP_BUNDLER_ONE            seconds of processor time of one job, which is its input; its output is the result
set -u
umask 027
folder=$1
shift
memory=$CATNAP_BUNDLER_MEMORY_KIB
# A job is two processes, Node and the bundler. What such a limit counts they never fill, the bundler by some 64 MiB, Node
# by 20: so both together stay below the memory, with about 20 MiB to spare.
data=$((memory / 2 + 32768))
case $2 in
*.mjs)
  # Without a compiler to machine code Node starts faster, and reserves no more than a limit allows.
  node=$1 program=$2
  set -- "$node" --jitless --v8-pool-size=1 --max-old-space-size=96 --max-semi-space-size=4 "$program"
  ;;
# TypeScript, in a checkout, needs that compiler.
*) data=unlimited ;;
esac
export GOMAXPROCS=2 GOMEMLIMIT="$((memory / 4))KiB" UV_THREADPOOL_SIZE=1

# $1: seconds of processor time
limit() {
  ulimit -c 0
  # The size of each thread's stack too, all of which the limit on data counts.
  ulimit -s 2048
  ulimit -f 65536
  ulimit -t "$1"
  ulimit -d "$data"
}

if [ -n "${CATNAP_BUNDLER_ONE:-}" ]; then
  limit "$CATNAP_BUNDLER_ONE"
  exec "$@"
fi

run() {
  job=$folder/$1 cpu=$2
  shift 2
  (
    limit "$cpu"
    timeout -s KILL "$CATNAP_BUNDLER_WALL_SECONDS" "$@" <"$job.job" >"$job.out" 2>"$job.err"
    echo $? >"$job.times"
    times >>"$job.times"
  ) 2>/dev/null
  mv "$job.times" "$job.end"
  [ -e "$job.job" ] || rm -f "$job".*
}

if [ -z "${CATNAP_BUNDLER_STDIN:-}" ]; then
  rm -f "$folder"/*
  mkfifo -m 660 "$folder/jobs"
  # Open for both, it has no end when a writer goes.
  exec <>"$folder/jobs"
fi
trap 'exit 0' TERM INT
while read -r name cpu; do
  case $name in '' | *[!0-9a-f]*) continue ;; esac
  case $cpu in '' | *[!0-9]* | ??????*) continue ;; esac
  [ "$cpu" -le "$CATNAP_BUNDLER_CPU_SECONDS" ] || cpu=$CATNAP_BUNDLER_CPU_SECONDS
  # Waited for so that a signal is heard meanwhile.
  run "$name" "$cpu" "$@" &
  wait
done
