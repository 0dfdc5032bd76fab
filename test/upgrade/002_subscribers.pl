# A node and a subscriber of two versions of PostgreSQL, in both directions: all
# tests that test/t/050_aurora.pl runs with one version.
#
# OLD_INSTALL: the folder of the older PostgreSQL, with rsfed installed.

use strict;
use warnings;

use AuroraTest;
use Test::More;

note('an older subscriber');
whole_life(subscriber => $ENV{OLD_INSTALL}, suffix => '_new');
note('an older node');
whole_life(node => $ENV{OLD_INSTALL}, suffix => '_old');

done_testing();
