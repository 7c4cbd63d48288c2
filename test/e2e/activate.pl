# What systemd does with the socket units of `ipxetool serve --print-units`: opens UDP sockets, each tied to an
# interface, gives up root, and starts the program with them. Run as: perl activate.pl INTERFACE PROGRAM ARGS...
use strict;
use warnings;
use Socket;
use POSIX ();

my ($interface, @command) = @ARGV;
my @names;
for (['dhcp', 67], ['pxe', 4011]) {
  my ($kind, $port) = @$_;
  socket(my $socket, PF_INET, SOCK_DGRAM, 0) or die "socket: $!";
  setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1) or die "SO_REUSEADDR: $!";
  setsockopt($socket, SOL_SOCKET, SO_BROADCAST, 1) or die "SO_BROADCAST: $!";
  setsockopt($socket, SOL_SOCKET, 25, "$interface\0") or die "SO_BINDTODEVICE: $!";
  bind($socket, sockaddr_in($port, INADDR_ANY)) or die "bind: $!";
  my $place = 3 + @names;
  POSIX::dup2(fileno($socket), 100 + $place);
  push @names, "$kind-$interface";
}
POSIX::dup2(100 + 3 + $_, 3 + $_) for 0 .. $#names;
POSIX::close(100 + 3 + $_) for 0 .. $#names;
@ENV{qw(LISTEN_PID LISTEN_FDS LISTEN_FDNAMES)} = ($$, scalar @names, join ':', @names);
# in a user namespace of one user there is nobody else to be
POSIX::setgid(65534);
POSIX::setuid(65534);
exec @command or die "exec: $!";
