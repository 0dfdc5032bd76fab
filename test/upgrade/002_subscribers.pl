# A node and a subscriber of two versions of PostgreSQL, each way round: all that
# test/t/050_aurora.pl does with one version.
#
# OLD_INSTALL: where the older PostgreSQL is, with rsfed in it.

use strict;
use warnings;

use AuroraTest;
use Test::More;

note('an older subscriber');
whole_life(subscriber => $ENV{OLD_INSTALL}, suffix => '_new');
note('an older node');
whole_life(node => $ENV{OLD_INSTALL}, suffix => '_old');

done_testing();
