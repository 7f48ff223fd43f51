"""Runs a command on a terminal of 31 by 97, types a line when MARK appears, and prints what the terminal showed.

Usage: on_terminal.py MARK LINE COMMAND...; ends with the command's exit code.
"""

import fcntl, os, pty, signal, struct, sys, termios

mark, line, command = sys.argv[1].encode(), sys.argv[2].encode(), sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    # The size stands before the command looks at it.
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 31, 97, 0, 0))
    os.execvp(command[0], command)
signal.alarm(60)
shown = b""
while True:
    try:
        chunk = os.read(terminal, 65536)
    except OSError:
        chunk = b""
    if not chunk:
        break
    shown += chunk
    if mark and mark in shown:
        os.write(terminal, line + b"\n")
        mark = b""
sys.stdout.write(shown.decode().replace("\r\n", "\n"))
sys.exit(os.WEXITSTATUS(os.waitpid(pid, 0)[1]))
