# A server without rsfed that subscribes to a node: no library, no extension, used
# by a role that is not a superuser, with a physical standby as its reader.  Content
# and freshness arrive in one commit, and changes of the tables do not stop
# replication.

use strict;
use warnings;

use AuroraTest;
use Test::More;

whole_life();
done_testing();
