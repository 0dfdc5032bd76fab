# A server without rsfed that subscribes to a node: no library, no extension, driven
# by a role that is no superuser, with a physical standby as its reader.  Content
# and freshness arrive in one commit, and changes of the tables do not stop it.

use strict;
use warnings;

use AuroraTest;
use Test::More;

whole_life();
done_testing();
