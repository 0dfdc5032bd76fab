/*-------------------------------------------------------------------------
 *
 * socket.c
 *	  Waits for a socket, interruptibly.
 *
 * Policy: sending and receiving wait for the socket and the session's latch
 * together.  A clean-up, where no error may be raised, waits in drain.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/latch.h"

#include "remote/internal.h"

#include "base/compat.h"

static uint32 wait_event(RemoteWait what);

/*
 * Waits for WL_SOCKET_* events on a socket or pipe; returns those that came,
 * 0 after the deadline (0 = none).  Interruptible: raises what an interrupt
 * raises.
 */
int
wait_socket(int sock, int events, TimestampTz deadline, RemoteWait what)
{
	for (;;)
	{
		int			wanted = WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | events;
		long		timeout = -1;
		int			came;

		CHECK_FOR_INTERRUPTS();
		if (deadline != 0)
		{
			timeout = TimestampDifferenceMilliseconds(monotonic_now(), deadline);
			if (timeout <= 0)
				return 0;
			wanted |= WL_TIMEOUT;
		}
		came = WaitLatchOrSocket(MyLatch, wanted, sock, timeout, wait_event(what));
		if (came & WL_LATCH_SET)
		{
			ResetLatch(MyLatch);
			CHECK_FOR_INTERRUPTS();
		}
		if (came & events)
			return came & events;
	}
}

/* The number of a wait event; allocated at its first use. */
static uint32
wait_event(RemoteWait what)
{
	static uint32 events[REMOTE_WAIT_SEND + 1] = {0};

	if (events[what] == 0)
	{
		switch (what)
		{
			case REMOTE_WAIT_RESOLVE:
				events[what] = RSFED_WAIT_EVENT_NEW("RsfedResolve");
				break;
			case REMOTE_WAIT_CONNECT:
				events[what] = RSFED_WAIT_EVENT_NEW("RsfedConnect");
				break;
			case REMOTE_WAIT_RESULT:
				events[what] = RSFED_WAIT_EVENT_NEW("RsfedResult");
				break;
			case REMOTE_WAIT_SEND:
				events[what] = RSFED_WAIT_EVENT_NEW("RsfedSend");
				break;
		}
	}
	return events[what];
}
